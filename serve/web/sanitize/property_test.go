package sanitize_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"restante/serve/web/sanitize"
)

// pieces are what hostile markup is put together of.
var pieces = append(strings.Fields(`<div> </div> <p> </p> <b> </b> <a> </a> <table> </table> <tr> </tr> <td> </td> <tbody> <caption> </caption>
	<colgroup> <col> <ul> <li> </ul> <dl> <dt> <dd> <h1> <h2> </h1> <pre> </pre> <ruby> <rt> <rp> </ruby> <font> </font> <svg> </svg> <math> </math>
	<mtext> <mi> <mglyph> <annotation-xml> <foreignObject> <desc> <style> </style> <script> </script> <title> </title> <textarea> </textarea>
	<noscript> </noscript> <template> </template> <select> <option> </select> <iframe> </iframe> <noembed> </noembed> <xmp> </xmp> <plaintext>
	<form> </form> <button> <object> </object> <body> </body> </html> <head> </head> <frameset> <marquee> <center> </center> <hr> <br> </br> <nobr>
	<image> <img <!-- --> --!> <!--> <![CDATA[ ]]> <!DOCTYPE <? > < / = " ' &lt; &quot; &#0; &#x3c &amp; \ javascript: data:image/png;base64,AAAA
	data:text/html,x http://x.example/ //x.example cid:a mailto:a@b.example alert(1) onerror=x src= href= style= class= id= title= background=
	width= bgcolor= red url( ) position:fixed color:red; background:url( expression( /* */ @import ; : x y`),
	" ", "\n", "\t", "\x00", "\r", "\f", "\xff", "é", "日", "\u2028", "\u202e", "<a href='", "<p style='", "<td background='", "<img src='", "'>", "\">",
	"<svg><style>", "<math><mtext><table><mglyph><style>", "<p title=\"</noscript><img src=x onerror=x>\">")

func markups() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), "")
	})
}

func TestClean_GivesOnlyWhatIsOnTheList(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		in := markups().Draw(r, "markup")
		mute := quiet{TB: t}
		sound(&mute, in, sanitize.Options{})
		sound(&mute, in, loadAll)
		sound(&mute, in, sanitize.Options{Remote: loadAll.Remote})
		if mute.first != "" {
			r.Fatal(mute.first)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, in := range evasions {
		f.Add(in)
	}
	f.Add(strings.Join(pieces, ""))
	f.Fuzz(func(t *testing.T, in string) {
		sound(t, in, sanitize.Options{})
		sound(t, in, sanitize.Options{Remote: loadAll.Remote})
	})
}
