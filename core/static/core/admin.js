// Gives Alpine's CSP build what the theme's templates expect of the page.
//
// That build has an expression parser of its own instead of eval, and its expressions see no
// globals: everything they name is registered here.
"use strict";

document.addEventListener("alpine:init", () => {
    const globals = {
        moveRecords: (event) => moveRecords(event),
        sortRecords: (event) => sortRecords(event),
        window: {
            location: {
                get pathname() {
                    return window.location.pathname;
                },
                get search() {
                    return window.location.search;
                },
            },
        },
    };

    // The theme's data is the root scope of every expression.
    Alpine.data("theme", (defaultTheme) => Object.assign(theme(defaultTheme), globals));
    Alpine.data("searchForm", () => searchForm());
    Alpine.data("searchCommand", () => searchCommand());
    Alpine.data("searchDropdown", () => ({
        ...searchDropdown(),
        openResults() {
            this.openSearchResults = true;
            this.currentIndex = 0;
        },
        closeResults() {
            const input = this.$refs.searchInput;
            this.openSearchResults = false;
            if (input.value === "") input.blur();
            else input.value = "";
        },
    }));
    Alpine.data("page", (primaryTab) => ({
        activeTab: primaryTab && (getCurrentTab() || primaryTab),
        sidebarMobileOpen: false,
        sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
        init() {
            this.$watch("sidebarDesktopOpen", (isOpen) =>
                localStorage.setItem("sidebarDesktopOpen", isOpen ? "1" : "0"),
            );
        },
    }));
});
