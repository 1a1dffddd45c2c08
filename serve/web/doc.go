// Package web is the shell of the pages for people: it listens, knows who asks,
// keeps the browser's guards up, speaks the reader's language and gives each page
// its frame. The pages are packages of their own beneath it, which register what
// they answer: [Server.Handle] for who is signed in, [Server.HandleOpen] for
// anybody.
//
// It promises:
//   - A page that was registered with Handle is asked for an owner's sake only,
//     whom [Sessions] named; nobody else reaches it.
//   - Every answer has a Content-Security-Policy without unsafe-inline and
//     unsafe-eval, may not be framed, sniffed or kept in a cache, and a request
//     that changes something and comes from another site is refused.
//   - A page is written whole or not at all. What goes wrong is told to the log
//     with a reference, and the reader sees the reference and nothing of the cause.
//   - Everything works without JavaScript.
//   - What a request may cost is bounded: its header, its body, its time, and how
//     many connections there are at once.
//   - A page weighs less than 150 KiB, whatever is in the mail that it shows.
//   - Nothing is loaded from elsewhere; all that a page needs is in the program.
//
// # Why
//
// The pages register themselves with the shell, and the shell knows none of them,
// so that each can be read, tested and thrown away alone. Each asks for what it
// needs of the house by small interfaces of its own.
//
// Templates are parsed once for each language, with the functions that speak it,
// so that a template never carries the language about with it.
//
// The guard against requests from other sites is http.CrossOriginProtection, which
// needs no tokens in forms. It compares Origin with Host where a browser sends no
// Sec-Fetch-Site, as none does over plain HTTP in a home network; with the referrer
// policy no-referrer browsers send Origin: null, so the policy is same-origin.
//
// Undoing is kept in memory, a hundred deeds a person for an hour. What was taught
// can be taken back for ever, from the list of lessons; the rest of what can be
// done here can be done again the other way.
//
// htmx (in static, with its licence) swaps pages in place where there is
// JavaScript. It is told to evaluate nothing, to put no styles into the page, and
// to keep no copies of pages, which hold mail.
package web
