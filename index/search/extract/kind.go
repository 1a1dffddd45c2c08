package extract

import (
	"path"
	"strings"

	"restante/filter/letter"
)

// Kind is what sort of thing an attachment is.
type Kind string

// The kinds, as people call them.
const (
	Text     Kind = "text" // HTML and CSV too
	Calendar Kind = "calendar"
	Contact  Kind = "contact"
	Message  Kind = "message"
	PDF      Kind = "pdf"
	Document Kind = "document"
	Sheet    Kind = "spreadsheet"
	Slides   Kind = "presentation"
	Archive  Kind = "archive"
	Image    Kind = "image"
	Audio    Kind = "audio"
	Video    Kind = "video"
	Other    Kind = "other"
)

// Kinds are all of them, but for Other.
var Kinds = []Kind{PDF, Image, Document, Sheet, Slides, Archive, Text, Calendar, Contact, Message, Audio, Video}

// KindOf tells what a part is: by its type, and where that says nothing by its
// name, and then by its first octets.
func KindOf(p letter.Part) Kind {
	if k, ok := byType[p.Type]; ok {
		return k
	}
	if k, ok := byExtension[extension(p.Name)]; ok && !strings.HasPrefix(p.Type, "image/") {
		return k
	}
	top, sub, _ := strings.Cut(p.Type, "/")
	switch {
	case top == "image":
		return Image
	case top == "audio":
		return Audio
	case top == "video":
		return Video
	case top == "text":
		return Text
	case strings.HasPrefix(sub, "vnd.oasis.opendocument."), strings.HasPrefix(sub, "vnd.openxmlformats-officedocument."):
		return Document
	case strings.HasPrefix(string(p.Start), "%PDF-"):
		return PDF
	case strings.HasPrefix(string(p.Start), "PK\x03\x04"):
		return Archive
	}
	return Other
}

// extension is that of a file name, in lower case and without its dot.
func extension(name string) string {
	name = strings.ToLower(name)
	for _, long := range []string{".tar.gz", ".tar.bz2"} {
		if strings.HasSuffix(name, long) {
			return long[1:]
		}
	}
	return strings.TrimPrefix(path.Ext(name), ".")
}

const (
	openXML = "application/vnd.openxmlformats-officedocument."
	odf     = "application/vnd.oasis.opendocument."
)

// byType are types that say what a part is. application/octet-stream and its
// like say nothing.
var byType = map[string]Kind{
	"text/calendar": Calendar, "text/vcard": Contact, "text/x-vcard": Contact, "text/directory": Contact,
	"message/rfc822": Message, "message/global": Message, "application/pdf": PDF,
	openXML + "wordprocessingml.document":   Document,
	openXML + "spreadsheetml.sheet":         Sheet,
	openXML + "presentationml.presentation": Slides,
	odf + "text":                            Document,
	odf + "spreadsheet":                     Sheet,
	odf + "presentation":                    Slides,
	"application/msword":                    Document, "application/rtf": Document,
	"application/vnd.ms-excel": Sheet, "application/vnd.ms-powerpoint": Slides,
	"application/zip": Archive, "application/x-zip-compressed": Archive, "application/x-tar": Archive,
	"application/x-gtar": Archive, "application/x-7z-compressed": Archive, "application/vnd.rar": Archive,
	"application/x-compressed-tar": Archive, "application/ics": Calendar,
	"application/xhtml+xml": Text, "application/json": Text, "application/xml": Text,
}

// byExtension are the names that files have.
var byExtension = map[string]Kind{
	"txt": Text, "text": Text, "md": Text, "log": Text, "csv": Text, "tsv": Text, "html": Text, "htm": Text,
	"json": Text, "xml": Text, "patch": Text, "diff": Text, "asc": Text, "ics": Calendar, "vcf": Contact, "eml": Message, "pdf": PDF,
	"docx": Document, "docm": Document, "dotx": Document, "odt": Document, "ott": Document, "doc": Document, "rtf": Document,
	"xlsx": Sheet, "xlsm": Sheet, "ods": Sheet, "xls": Sheet,
	"pptx": Slides, "pptm": Slides, "ppsx": Slides, "odp": Slides, "ppt": Slides,
	"zip": Archive, "tar": Archive, "tgz": Archive, "tar.gz": Archive, "gz": Archive, "tar.bz2": Archive, "bz2": Archive,
	"7z": Archive, "rar": Archive, "xz": Archive,
	"png": Image, "jpg": Image, "jpeg": Image, "gif": Image, "webp": Image, "heic": Image, "tif": Image, "tiff": Image, "svg": Image,
	"mp3": Audio, "wav": Audio, "ogg": Audio, "m4a": Audio, "mp4": Video, "mov": Video, "avi": Video, "mkv": Video, "webm": Video,
}
