// What the pages do more where there is JavaScript: keys for what a mouse can do
// too. The letters are those of Gmail and mutt. They can be switched off, for who
// speaks to the computer or types with one finger (WCAG 2.1.4).
"use strict";
(() => {
	const off = () => localStorage.getItem("keys") === "off";
	const rows = () => [...document.querySelectorAll("a.message")];
	const press = (selector) => {
		const e = document.querySelector(selector);
		if (e) { e.click(); }
		return Boolean(e);
	};
	const step = (by) => {
		const all = rows();
		if (all.length === 0) { return false; }
		const at = all.findIndex((e) => e.closest("li").contains(document.activeElement));
		const to = at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by));
		all[to].focus();
		return true;
	};
	const pick = () => {
		const li = document.activeElement && document.activeElement.closest(".messages > li");
		const box = li && li.querySelector("input[type=checkbox]");
		if (box) { box.click(); }
		return Boolean(box);
	};
	// Where nothing was chosen in a list, a key acts on the message that has the focus.
	const act = (what) => {
		const list = document.querySelector("ol.messages");
		const boxes = document.querySelectorAll(".messages input[type=checkbox]");
		if (list && boxes.length > 0 && ![...boxes].some((e) => e.checked) && !pick()) { return false; }
		return press(`[data-key=${what}]`);
	};
	const keys = {
		"/": () => { const q = document.getElementById("q"); if (q) { q.focus(); q.select(); } return Boolean(q); },
		j: () => press("a[data-key=next]:not([hidden])") || step(1),
		k: () => press("a[data-key=previous]:not([hidden])") || step(-1),
		o: () => { const e = document.activeElement; const ok = e && e.matches("a.message"); if (ok) { e.click(); } return ok; },
		n: () => press(".pages a[rel=next]"),
		u: () => press("[data-key=list]"),
		q: () => press("[data-key=list]"),
		x: () => pick(),
		t: () => pick(),
		"!": () => act("spam"),
		"*": () => press("[data-all]"),
		h: () => act("ham"),
		z: () => press("#undo"),
		"?": () => press("[data-keys=show]"),
	};
	const shut = { "?": () => press("[data-keys=close]") };
	document.addEventListener("keydown", (event) => {
		if (off() || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
		if (event.target.closest("textarea, select, input:not([type=checkbox], [type=radio])")) {
			if (event.key === "Escape") { event.target.blur(); }
			return;
		}
		const act = document.querySelector("dialog[open]") ? shut[event.key] : keys[event.key];
		if (act && act()) { event.preventDefault(); }
	});
	// Without a page in between all on a page are chosen, or none.
	document.addEventListener("click", (event) => {
		const all = event.target.closest("[data-all]");
		if (!all) { return; }
		const boxes = [...document.querySelectorAll(".messages input[type=checkbox]")];
		const on = boxes.some((e) => !e.checked);
		boxes.forEach((e) => { e.checked = on; });
		event.preventDefault();
		event.stopPropagation();
	}, true);
	// The list of keys. A dialog of the browser's own keeps the focus within, closes with
	// Escape, and gives the focus back to where it was.
	const dress = () => {
		document.querySelectorAll(".keys-show").forEach((e) => { e.hidden = false; });
		document.querySelectorAll("[data-keys=off]").forEach((e) => { e.setAttribute("aria-pressed", String(off())); });
	};
	const help = {
		show: (dialog) => dialog.showModal(),
		close: (dialog) => dialog.close(),
		off: () => {
			if (off()) { localStorage.removeItem("keys"); } else { localStorage.setItem("keys", "off"); }
			dress();
		},
	};
	document.addEventListener("click", (event) => {
		const dialog = document.getElementById("keys");
		const button = event.target.closest("[data-keys]");
		if (button) { help[button.dataset.keys](dialog); }
		if (event.target === dialog) { dialog.close(); } // beside it
	});
	document.addEventListener("htmx:load", dress);
	dress();
	const reveal = () => document.querySelectorAll("button[data-all][hidden]").forEach((e) => { e.hidden = false; });
	document.addEventListener("htmx:load", reveal);
	reveal();
	// The reader steps through the list that led to it.
	const beside = () => {
		const list = [...document.querySelectorAll(".found a.message, ol.review a.message")].map((e) => e.getAttribute("href"));
		if (list.length > 0) { sessionStorage.setItem("list", JSON.stringify(list)); }
		const all = JSON.parse(sessionStorage.getItem("list") || "[]");
		const at = all.findIndex((href) => href.split("?")[0] === location.pathname);
		document.querySelectorAll(".beside a").forEach((e) => {
			const to = at < 0 ? undefined : all[at + (e.dataset.key === "next" ? 1 : -1)];
			if (to) { e.href = to; }
			e.hidden = !to;
		});
	};
	document.addEventListener("htmx:load", beside);
	beside();
	// A browser compares suggestions with all that was typed, and they are for its last
	// word: what stands before that is put before each of them.
	document.addEventListener("input", (event) => {
		const list = event.target.id === "q" && document.getElementById("suggestions");
		if (!list) { return; }
		const before = event.target.value.slice(0, event.target.value.lastIndexOf(" ") + 1);
		if (before === (list.dataset.before || "")) { return; }
		list.dataset.before = before;
		list.querySelectorAll("option").forEach((e) => {
			e.dataset.word = e.dataset.word || e.value;
			e.value = before + e.dataset.word;
		});
	});
	// After a search the keys mean the list, and not the words of the search.
	document.addEventListener("submit", (event) => {
		if (event.target.matches("[role=search]")) { document.activeElement.blur(); }
	}, true);
	// A letter's frame is made as high as the letter is.
	const fit = (frame) => {
		const root = frame.contentDocument && frame.contentDocument.documentElement;
		if (!root) { return; }
		frame.style.height = "0"; // else it is never less than it was
		frame.style.height = `${Math.min(20000, Math.max(96, root.scrollHeight + 4))}px`;
	};
	document.addEventListener("load", (event) => {
		if (event.target.matches && event.target.matches("iframe.frame")) { fit(event.target); }
	}, true);
	document.querySelectorAll("iframe.frame").forEach(fit);
})();
