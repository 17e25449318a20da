// Starts Swagger UI. The library's own start adds a style element, which the page's
// Content-Security-Policy forbids; so does the logo in the bar of its standalone layout.
"use strict";

window.addEventListener("load", () => {
    const settings = JSON.parse(document.getElementById("swagger-settings").textContent);
    window.ui = SwaggerUIBundle({
        ...settings,
        dom_id: "#swagger-ui",
        displayRequestDuration: true,
        filter: true,
        layout: "BaseLayout",
        persistAuthorization: false,
        presets: [SwaggerUIBundle.presets.apis],
        plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    });
});
