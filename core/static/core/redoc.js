// Starts ReDoc with the nonce that its styles need under the page's Content-Security-Policy.
"use strict";
{
    const { nonce } = document.currentScript;
    const { url, ...options } = JSON.parse(document.getElementById("redoc-settings").textContent);
    Redoc.init(url, { ...options, nonce }, document.getElementById("redoc-placeholder"));
}
