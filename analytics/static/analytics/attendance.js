// Refreshes the attendance page. Without JavaScript, the page reloads itself.
"use strict";
{
    const INTERVAL_MS = 5000;
    const MAX_INTERVAL_MS = 30000;
    const TIMEOUT_MS = 10000;

    const page = document.getElementById("attendance");
    const alarm = document.getElementById("alarm");
    const state = document.getElementById("state");
    let timer = null;
    let interval = INTERVAL_MS;

    // Names come from users, so everything is inserted as text, never as HTML.
    const element = (tag, className, text = "") => {
        const node = document.createElement(tag);
        node.className = className;
        node.textContent = text;
        return node;
    };

    const track = (width) => {
        const node = element("div", "board-track");
        const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        bar.setAttribute("width", `${width}%`);
        bar.setAttribute("aria-hidden", "true");
        node.append(bar);
        return node;
    };

    const person = ({ who, people, at }) => {
        const row = element("li", "board-row");
        row.append(
            element("span", "board-name", who),
            element("span", "", people),
            element("span", "board-quiet", at),
        );
        return row;
    };

    const quarter = ({ at, people, width }) => {
        const item = element("li", "");
        const row = element("div", "board-row");
        row.append(element("span", "board-number", at), element("span", "", people));
        item.append(row, track(width));
        return item;
    };

    const list = (id, rows, make) => {
        const node = document.getElementById(id);
        const items = rows.length ? rows.map(make) : [element("li", "board-empty", node.dataset.empty)];
        node.replaceChildren(...items);
    };

    const show = (now) => {
        for (const node of document.querySelectorAll("[data-live]")) {
            node.textContent = now[node.dataset.live];
        }
        document.getElementById("progress").setAttribute("width", `${now.width}%`);
        list("latest", now.latest, person);
        list("arrivals", now.arrivals, quarter);
    };

    const setAlarm = (text) => {
        alarm.textContent = text;
        alarm.hidden = !text;
        state.dataset.state = text ? "lost" : "live";
    };

    const load = async () => {
        const response = await fetch(page.dataset.source, {
            redirect: "manual", // to the login, once the session has ended
            signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (response.type === "opaqueredirect") return "You are signed out. Reload the page to log in again.";
        if (response.status === 404) return "You can no longer see this page, or the event was deleted.";
        if (!response.ok) throw new Error(response.statusText);
        show(await response.json());
        return "";
    };

    const refresh = async () => {
        timer = null;
        let final = "";
        try {
            final = await load();
            setAlarm(final);
            interval = INTERVAL_MS;
        } catch {
            // Offline, too slow or broken: the old numbers stay, with their time.
            setAlarm("The connection is lost. These numbers are old. Trying again.");
            interval = Math.min(interval * 2, MAX_INTERVAL_MS);
        }
        if (!final) schedule();
    };

    const schedule = () => {
        if (timer === null && !document.hidden) timer = setTimeout(refresh, interval);
    };

    document.addEventListener("visibilitychange", () => {
        clearTimeout(timer);
        timer = null;
        if (document.hidden) state.dataset.state = "paused";
        else refresh();
    });
    window.addEventListener("online", () => {
        clearTimeout(timer);
        refresh();
    });
    setAlarm("");
    schedule();
}
