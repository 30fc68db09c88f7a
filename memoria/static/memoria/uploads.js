// The pages work without this: it adds dropping a file, the progress of sending it, waiting without reloading,
// and boxes that are checked all at once.
"use strict";

(() => {
    const form = document.getElementById("upload-form");
    if (form) {
        const input = form.querySelector("input[type=file]");
        const drop = form.querySelector(".drop");
        const button = form.querySelector("input[type=submit]");
        const progress = document.getElementById("upload-progress");
        const problem = document.getElementById("upload-problem");

        const tell = (sentence) => {
            problem.textContent = sentence;
            problem.className = sentence ? "problem" : "";
            progress.hidden = true;
            button.disabled = false;
        };
        for (const kind of ["dragenter", "dragover"]) {
            drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
        }
        for (const kind of ["dragleave", "drop"]) {
            drop.addEventListener(kind, () => drop.classList.remove("over"));
        }
        drop.addEventListener("drop", (event) => {
            event.preventDefault();
            if (event.dataTransfer.files.length === 1) {
                input.files = event.dataTransfer.files;
            } else {
                tell("Send one file at a time.");
            }
        });
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const file = input.files[0];
            if (file.size > Number(form.dataset.limit)) {
                tell(`The file has ${file.size.toLocaleString("en")} bytes; at most ${Number(form.dataset.limit).toLocaleString("en")} are taken here.`);
                return;
            }
            tell("");
            button.disabled = true;
            progress.hidden = false;
            const body = new FormData();
            body.append("snapshot", file, file.name);
            const request = new XMLHttpRequest();
            request.open("POST", form.action);
            request.setRequestHeader("Accept", "application/json");
            request.responseType = "json";
            request.upload.addEventListener("progress", (sent) => {
                const percent = Math.floor(100 * sent.loaded / sent.total);
                progress.querySelector("progress").value = percent;
                progress.querySelector("span").textContent = `${percent} %`;
            });
            request.addEventListener("load", () => {
                const answer = request.response || {};
                if (answer.address) {
                    location.assign(answer.address);
                } else {
                    tell(answer.problem || "The server refused the file.");
                }
            });
            request.addEventListener("error", () => tell("The connection broke before the file was sent."));
            request.send(body);
        });
    }

    const choice = document.querySelector(".all-or-none");
    if (choice) {
        choice.hidden = false;
        choice.querySelectorAll("button").forEach((button, number) => button.addEventListener("click", () => {
            choice.parentElement.querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked = number === 0; });
        }));
    }

    const job = document.querySelector("[data-status]");
    if (job) {
        const bar = document.getElementById("bar");
        const text = document.getElementById("progress");
        const look = async () => {
            try {
                const response = await fetch(job.dataset.status, {headers: {Accept: "application/json"}});
                if (response.redirected || response.status === 403 || response.status === 404) {
                    location.reload();
                    return;
                }
                if (response.ok) {
                    const now = await response.json();
                    if (now.state !== job.dataset.state || String(now.attempt) !== job.dataset.attempt) {
                        location.reload();
                        return;
                    }
                    if (now.stage) {
                        text.textContent = `${now.stage}${now.rows ? `, ${now.rows.toLocaleString("en")} rows` : ""}`;
                    }
                    if (typeof now.percent === "number") {
                        bar.value = now.percent;
                    }
                }
            } catch {
                // The server may be busy; ask again.
            }
            setTimeout(look, 1000);
        };
        setTimeout(look, 300);
    }
})();
