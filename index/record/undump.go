package record

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// dumpLineMost bounds a line of a dump, in octets. The longest is a model's.
const dumpLineMost = 1 << 30

// errCut says that a dump is not whole.
var errCut = errors.New("the dump ends before its end: it was cut off")

// dumpReader reads a dump line by line. Its errors name the line.
type dumpReader struct {
	in    *bufio.Reader
	line  int
	long  []byte // a line that the reader's buffer cannot hold
	head  dumpHead
	table dumpTable // of the rows that follow
	rows  map[string]int64
}

func newDumpReader(r io.Reader) (*dumpReader, error) {
	d := &dumpReader{in: bufio.NewReaderSize(r, 256<<10), rows: map[string]int64{}}
	line, err := d.next()
	if err == nil {
		err = json.Unmarshal(line, &d.head)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, errCut
	case err != nil && d.line == 0:
		return nil, err
	case err != nil || d.head.Restante == "":
		return nil, fmt.Errorf("line %d: no dump begins like this", d.line)
	case d.head.Format != dumpFormat:
		return nil, fmt.Errorf("the dump has format %d, this program knows %d: use the restante that made it, or a later one", d.head.Format, dumpFormat)
	case d.head.Schema < 1:
		return nil, fmt.Errorf("line %d: schema %d is none", d.line, d.head.Schema)
	}
	return d, nil
}

// next gives a line, valid until the next call.
func (d *dumpReader) next() ([]byte, error) {
	d.long = d.long[:0]
	for {
		part, err := d.in.ReadSlice('\n')
		if len(d.long)+len(part) > dumpLineMost {
			return nil, fmt.Errorf("line %d: longer than %d octets", d.line+1, dumpLineMost)
		}
		if err == nil && len(d.long) == 0 {
			d.line++
			return part, nil
		}
		d.long = append(d.long, part...)
		switch {
		case err == nil:
			d.line++
			return d.long, nil
		case errors.Is(err, io.EOF) && len(d.long) > 0:
			return nil, errCut
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// read calls begin for every table and row for every row of it, whose values it
// may keep, up to the end.
func (d *dumpReader) read(begin func(dumpTable) error, row func([]any) error) error {
	for {
		line, err := d.next()
		if errors.Is(err, io.EOF) {
			return errCut
		}
		if err != nil {
			return err
		}
		if line[0] == '[' {
			var values []any
			if values, err = d.values(line); err == nil {
				err = row(values)
			}
		} else {
			var end bool
			if end, err = d.step(line, begin); end && err == nil {
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", d.line, err)
		}
	}
}

// step reads the line that begins a table, or the last one.
func (d *dumpReader) step(line []byte, begin func(dumpTable) error) (end bool, err error) {
	var at struct {
		dumpTable
		dumpEnd
	}
	if err := json.Unmarshal(line, &at); err != nil {
		return false, err
	}
	if at.End != nil {
		for name, n := range at.End {
			if n != d.rows[name] {
				return false, fmt.Errorf("table %s: %d rows, and there were %d", name, d.rows[name], n)
			}
		}
		return true, nil
	}
	t := at.dumpTable
	if _, twice := d.rows[t.Table]; twice || t.Table == "" || len(t.Columns) == 0 || len(t.Columns) != len(t.Types) {
		return false, errors.New("this begins no table")
	}
	d.table, d.rows[t.Table] = t, 0
	return false, begin(t)
}

// values reads a row.
func (d *dumpReader) values(line []byte) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	if len(raw) != len(d.table.Columns) || len(raw) == 0 {
		return nil, fmt.Errorf("%d values for %d columns", len(raw), len(d.table.Columns))
	}
	values := make([]any, len(raw))
	for i, r := range raw {
		v, err := parseValue(r, d.table.Types[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", d.table.Columns[i], err)
		}
		values[i] = v
	}
	d.rows[d.table.Table]++
	return values, nil
}

func parseValue(raw []byte, kind string) (any, error) {
	switch kind {
	case typeInteger:
		return strconv.ParseInt(string(raw), 10, 64)
	case typeReal:
		f, err := strconv.ParseFloat(string(raw), 64)
		if err == nil && f != finite(f) {
			err = errors.New("no finite number")
		}
		return f, err
	case typeText:
		return parseText(raw)
	case typeBytes:
		s, err := parseString(raw)
		if err != nil {
			return nil, err
		}
		return base64.StdEncoding.Strict().DecodeString(s)
	}
	return nil, fmt.Errorf("type %q is none", kind)
}

func parseText(raw []byte) (string, error) {
	if raw[0] != '{' {
		return parseString(raw)
	}
	var odd struct {
		Base64 *[]byte `json:"base64"`
	}
	if err := json.Unmarshal(raw, &odd); err != nil || odd.Base64 == nil {
		return "", errors.Join(errors.New("no text"), err)
	}
	return string(*odd.Base64), nil
}

// parseString reads a string of JSON, and no other value of it.
func parseString(raw []byte) (s string, err error) {
	if raw[0] != '"' {
		return "", errors.New("no string")
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), nil
	}
	err = json.Unmarshal(raw, &s)
	return s, err
}
