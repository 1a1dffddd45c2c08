// Package sanitize makes the HTML of a stranger's mail safe to show.
//
// What Clean gives is a fragment for the body of a page. It promises:
//   - It holds only elements and attributes of a short list, in lower case,
//     each closed, nested no deeper than 200. There are no scripts, style
//     sheets, forms, frames, plug-ins, comments, SVG or MathML in it.
//   - Nothing in it loads anything from anywhere, unless the caller names the
//     address to load from: Options.Remote for pictures out of the network,
//     Options.Part for pictures within the message. Small raster pictures that
//     stand in the markup itself (data:) stay.
//   - Links go to http, https and mailto addresses only, open in a page of
//     their own, and tell that page nothing.
//   - Style attributes hold only properties and values of a list: nothing that
//     takes an element out of its place, loads, or computes.
//   - What Clean gave it gives again unchanged, rewritten addresses aside.
//   - Time and memory grow with the length of the input, which is bounded, and
//     not with its nesting. Clean keeps no tree.
//
// Whoever shows the fragment puts it in a sandboxed frame under a
// Content-Security-Policy all the same. This package is the first wall and not
// the only one.
//
// # Why
//
// Two passes. The first, ours, brings any markup into one form: it balances
// elements as a browser would close them, leaves out what has no place in
// mail, and takes addresses and styles apart. The second is bluemonday, an
// allow-list that many eyes have seen, over what the first has written. A
// mistake in the first is caught by the second, as long as it is no mistake
// about nesting, which the second does not look at. Bluemonday alone would not
// do: it neither balances nor bounds.
//
// Markup is often safe when it is read once and not when a browser has read
// and written it again (mXSS): the second reader opens a comment, a noscript or
// a foreign namespace where the first saw text. Each such trick needs an
// element in which text is read by other rules. None of them is on the list,
// and text is always written with its special signs escaped. The output nests
// properly, so that a browser has nothing to mend: no formatting that it must
// open again for each paragraph, which turns some kilobytes into millions of
// nodes.
//
// Style sheets are left out altogether. Mail that must look right in the web
// mailers of the last twenty years carries its styles in attributes. To keep
// sheets would mean to rewrite selectors, and attribute selectors with
// background pictures read out what stands on a page.
//
// Sources: the HTML standard, section 13 (parsing); OWASP's filter evasion
// page; Heiderich et al., "mXSS Attacks" (2013); the lists of elements and
// properties that mail senders use, as measured in the corpora of the tests.
package sanitize
