package sample

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"time"
)

// textFile is a plain text file in UTF-8.
func textFile(name, text string) attachment {
	return attachment{name, `text/plain; charset="UTF-8"`, []byte(crlf(text))}
}

// chart is a small picture of bars.
func chart(g *gen, name string) attachment {
	const width, height, bars = 96, 48, 12
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{
		color.White, color.RGBA{0x2a, 0x6f, 0x97, 0xff}, color.RGBA{0xd9, 0x8c, 0x3f, 0xff}})
	for bar := range bars {
		top := g.between(4, height-4)
		for x := bar * width / bars; x < (bar+1)*width/bars-2; x++ {
			for y := top; y < height; y++ {
				img.SetColorIndex(x, y, uint8(1+bar%2))
			}
		}
	}
	return pngFile(name, img, png.DefaultCompression)
}

// photo is a picture that does not compress, of about three octets a pixel.
func photo(rng *rand.Rand, name string, width, height int) attachment {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 0xff
		}
	}
	return pngFile(name, img, png.NoCompression)
}

func pngFile(name string, img image.Image, level png.CompressionLevel) attachment {
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&out, img); err != nil {
		panic(fmt.Sprintf("sample: %s: %v", name, err))
	}
	return attachment{name, "image/png", out.Bytes()}
}

// zipFile packs files. The time is the mail's, so that the bytes stay the same.
func zipFile(name string, at time.Time, files ...attachment) attachment {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		inside, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at.UTC()})
		if err == nil {
			_, err = inside.Write(f.data)
		}
		if err != nil {
			panic(fmt.Sprintf("sample: %s: %v", name, err))
		}
	}
	if err := w.Close(); err != nil {
		panic(fmt.Sprintf("sample: %s: %v", name, err))
	}
	return attachment{name, "application/zip", out.Bytes()}
}

// pdfFile is a page with lines of text (PDF 1.4; ASCII only).
func pdfFile(name string, lines []string) attachment {
	var page strings.Builder
	page.WriteString("BT /F1 11 Tf 56 780 Td 16 TL\n")
	escape := strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`)
	for _, line := range lines {
		fmt.Fprintf(&page, "(%s) Tj T*\n", escape.Replace(line))
	}
	page.WriteString("ET\n")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", page.Len(), page.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range objects {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return attachment{name, "application/pdf", out.Bytes()}
}

// invitation is a meeting in iCalendar (RFC 5545), one hour long, some days
// after the mail.
func invitation(m *note, days int, title, place string) string {
	start := m.date.UTC().Truncate(24*time.Hour).AddDate(0, 0, days).Add(9 * time.Hour)
	const stamp = "20060102T150405Z"
	return strings.Join([]string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//Diary//EN", "METHOD:REQUEST",
		"BEGIN:VEVENT", "UID:" + m.id, "DTSTAMP:" + m.date.UTC().Format(stamp),
		"DTSTART:" + start.Format(stamp), "DTEND:" + start.Add(time.Hour).Format(stamp),
		"SUMMARY:" + title, "LOCATION:" + place,
		"ORGANIZER:mailto:" + m.from.addr, "ATTENDEE;RSVP=TRUE:mailto:" + m.to.addr,
		"END:VEVENT", "END:VCALENDAR", "",
	}, "\n")
}
