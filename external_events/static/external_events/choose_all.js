// A checkbox with data-chooses="name" ticks all checkboxes of that name.
"use strict";

for (const chooser of document.querySelectorAll("[data-chooses]")) {
    chooser.addEventListener("change", () => {
        const boxes = document.querySelectorAll(`input[name=${chooser.dataset.chooses}]:enabled`);
        for (const box of boxes) box.checked = chooser.checked;
    });
}
