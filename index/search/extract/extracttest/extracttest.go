// Package extracttest makes small documents for tests, each with words planted
// in it.
//
// # Why
//
// Tests of what is found in attachments need documents whose truth is known, and
// no program that writes office documents is there everywhere. The forms are
// those that such programs write, as far as readers of text look at them.
package extracttest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf16"
)

// File is an entry of an archive.
type File struct{ Name, Text string }

// Zip makes a zip archive.
func Zip(files ...File) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.Name)
		if err == nil {
			_, err = w.Write([]byte(f.Text))
		}
		must(err)
	}
	must(z.Close())
	return b.Bytes()
}

// TarGz makes a compressed tar archive of empty files.
func TarGz(names ...string) []byte {
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	t := tar.NewWriter(g)
	for _, name := range names {
		must(t.WriteHeader(&tar.Header{Name: name, Mode: 0o600}))
	}
	must(t.Close())
	must(g.Close())
	return b.Bytes()
}

const head = `<?xml version="1.0" encoding="UTF-8"?>`

func each(lines []string, format string) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, format, escape(l))
	}
	return b.String()
}

func escape(s string) string {
	var b bytes.Buffer
	must(xml.EscapeText(&b, []byte(s)))
	return b.String()
}

// DOCX makes a text document of paragraphs.
func DOCX(lines ...string) []byte {
	return Zip(File{"[Content_Types].xml", head + "<Types/>"}, File{"word/document.xml", head +
		`<w:document xmlns:w="w"><w:body>` + each(lines, "<w:p><w:r><w:t>%s</w:t></w:r></w:p>") + "</w:body></w:document>"})
}

// XLSX makes a spreadsheet: a column of texts, and one of a formula and its
// value, 1234.
func XLSX(lines ...string) []byte {
	var cells strings.Builder
	for i := range lines {
		fmt.Fprintf(&cells, `<row><c r="A%d" t="s"><v>%d</v></c><c><f>SUM(HIDDENFORMULA)</f><v>1234</v></c></row>`, i+1, i)
	}
	return Zip(File{"[Content_Types].xml", head + "<Types/>"},
		File{"xl/workbook.xml", head + `<workbook><sheets><sheet name="Ledger"/></sheets></workbook>`},
		File{"xl/sharedStrings.xml", head + "<sst>" + each(lines, "<si><t>%s</t></si>") + "</sst>"},
		File{"xl/worksheets/sheet1.xml", head + "<worksheet><sheetData>" + cells.String() + "</sheetData></worksheet>"})
}

// PPTX makes slides, one a line.
func PPTX(lines ...string) []byte {
	files := []File{{"[Content_Types].xml", head + "<Types/>"}}
	for i, l := range lines {
		files = append(files, File{fmt.Sprintf("ppt/slides/slide%d.xml", i+1), head +
			`<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>` + escape(l) + "</a:t></a:r></a:p></p:sld>"})
	}
	return Zip(files...)
}

// ODT makes a text document of paragraphs.
func ODT(lines ...string) []byte {
	return Zip(File{"mimetype", "application/vnd.oasis.opendocument.text"}, File{"content.xml", head +
		`<office:document-content xmlns:office="o" xmlns:text="t"><office:body>` + each(lines, "<text:p>%s</text:p>") +
		"</office:body></office:document-content>"})
}

// PDF makes a document of one page, in a font with the codes of Latin text.
// The words of a line are placed one by one, without blanks, as typesetters do.
func PDF(lines ...string) []byte {
	var s strings.Builder
	s.WriteString("BT /F1 10 Tf 12 TL 50 700 Td\n")
	for _, l := range lines {
		s.WriteString("[")
		for i, word := range strings.Fields(l) {
			if i > 0 {
				s.WriteString(" -333 ")
			}
			for k, r := range []rune(word) {
				if k == 1 {
					s.WriteString(" 40 ") // kerning
				}
				s.WriteString("(" + strings.NewReplacer("(", `\(`, ")", `\)`, `\`, `\\`).Replace(string(r)) + ")")
			}
		}
		s.WriteString("] TJ T*\n")
	}
	s.WriteString("ET")
	return pdf(s.String(), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
}

// WidePDF makes a document of one page in a font with numbered letters and a
// table of what they mean, as word processors write all scripts.
func WidePDF(lines ...string) []byte {
	codes := map[rune]int{}
	var s, table strings.Builder
	s.WriteString("BT /F1 10 Tf 12 TL 50 700 Td\n")
	for _, l := range lines {
		s.WriteString("<")
		for _, r := range l {
			if codes[r] == 0 {
				codes[r] = len(codes) + 1
				fmt.Fprintf(&table, "<%04x> <", codes[r])
				for _, u := range utf16.Encode([]rune{r}) {
					fmt.Fprintf(&table, "%04x", u)
				}
				table.WriteString(">\n")
			}
			fmt.Fprintf(&s, "%04x", codes[r])
		}
		s.WriteString("> Tj T*\n")
	}
	s.WriteString("ET")
	cmap := "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n" +
		fmt.Sprintf("%d beginbfchar\n%sendbfchar\nendcmap\nend\nend", len(codes), table.String())
	return pdf(s.String(), "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 6 0 R"+
		"/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/DW 1000>>]>>", Stream(cmap))
}

// Stream makes a compressed stream object of a PDF.
func Stream(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write([]byte(s))
	must(err)
	must(z.Close())
	return fmt.Sprintf("<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream", b.Len(), b.String())
}

// pdf puts a page together: its content, its font, and what the font needs.
func pdf(content, font string, more ...string) []byte {
	objects := append([]string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		Stream(content), font,
	}, more...)
	return Objects(objects...)
}

// Objects makes a PDF file of objects, numbered from 1, the first of which is
// its root.
func Objects(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	places := make([]int, len(objects))
	for i, o := range objects {
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, p := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}

// must is for writers into memory, which do not fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
