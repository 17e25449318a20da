// Keeps the page of arrivals fresh. Without it, the page reloads itself.
"use strict";
{
    const EVERY_MS = 5000;
    const SLOWEST_MS = 30000;
    const PATIENCE_MS = 10000;

    const page = document.getElementById("attendance");
    const alarm = document.getElementById("alarm");
    const state = document.getElementById("state");
    let timer = null;
    let wait = EVERY_MS;

    // Names come from people: everything is put in as text, never as HTML.
    const element = (tag, className, text = "") => {
        const made = document.createElement(tag);
        made.className = className;
        made.textContent = text;
        return made;
    };

    const track = (width) => {
        const made = element("div", "board-track");
        const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        bar.setAttribute("width", `${width}%`);
        bar.setAttribute("aria-hidden", "true");
        made.append(bar);
        return made;
    };

    const person = (each) => {
        const row = element("li", "board-row");
        row.append(
            element("span", "board-name", each.who),
            element("span", "", each.people),
            element("span", "board-quiet", each.at),
        );
        return row;
    };

    const quarter = (each) => {
        const made = element("li", "");
        const row = element("div", "board-row");
        row.append(element("span", "board-number", each.at), element("span", "", each.people));
        made.append(row, track(each.width));
        return made;
    };

    const list = (id, rows, make) => {
        const place = document.getElementById(id);
        const shown = rows.length ? rows.map(make) : [element("li", "board-empty", place.dataset.empty)];
        place.replaceChildren(...shown);
    };

    const show = (now) => {
        for (const place of document.querySelectorAll("[data-live]")) {
            place.textContent = now[place.dataset.live];
        }
        document.getElementById("progress").setAttribute("width", `${now.width}%`);
        list("latest", now.latest, person);
        list("arrivals", now.arrivals, quarter);
    };

    const tell = (text) => {
        alarm.textContent = text;
        alarm.hidden = !text;
        state.dataset.state = text ? "lost" : "live";
    };

    const ask = async () => {
        const answer = await fetch(page.dataset.source, {
            redirect: "manual", // to the login, once the session has ended
            signal: AbortSignal.timeout(PATIENCE_MS),
        });
        if (answer.type === "opaqueredirect") return "You are signed out. Reload the page to log in again.";
        if (answer.status === 404) return "This page is no longer yours to see, or the event is gone.";
        if (!answer.ok) throw new Error(answer.statusText);
        show(await answer.json());
        return "";
    };

    const refresh = async () => {
        timer = null;
        let final = "";
        try {
            final = await ask();
            tell(final);
            wait = EVERY_MS;
        } catch {
            // Offline, too slow or broken: what is shown stays, with its time.
            tell("The connection is lost. These numbers are old; trying again.");
            wait = Math.min(wait * 2, SLOWEST_MS);
        }
        if (!final) later();
    };

    const later = () => {
        if (timer === null && !document.hidden) timer = setTimeout(refresh, wait);
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
    tell("");
    later();
}
