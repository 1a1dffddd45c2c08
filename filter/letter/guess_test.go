package letter_test

import (
	"testing"

	"golang.org/x/net/html/charset"

	"restante/filter/letter"
)

// TestPart_GuessesTheCharsetOfAFile: who attaches a file says nothing of its charset.
func TestPart_GuessesTheCharsetOfAFile(t *testing.T) {
	for _, test := range []struct{ charset, text string }{
		{"shift_jis", "添付検索語句"},
		{"shift_jis", "氏名,住所,電話\r\n山田太郎,東京都千代田区1-2,03-1234-5678\r\nｽｽﾞｷ,大阪\r\n"},
		{"shift_jis", "ひらがなとカタカナの文です。"},
		{"shift_jis", "表計算資料.txt"},
		{"euc-jp", "お世話になっております。見積書です。"},
		{"gb18030", "尊敬的客户，附件为本月的对账单，请查收。"},
		{"gb18030", "name,城市\n张三,北京\n"},
		{"big5", "親愛的客戶，附件為本月的對帳單，請查收。"},
		{"euc-kr", "안녕하세요. 세금계산서를 첨부합니다."},
		{"windows-1252", "Größe;Übersicht;Straße;für Köln äöü éàè señor"},
		{"windows-1252", "für"},
		{"windows-1252", "Übersicht.txt"},
		{"windows-1252", "déjà vu à la carte, naïveté"},
		{"windows-1252", "£ 5 © ½"},
		{"utf-16le", "\ufeffwide Wörter 東京"},
		{"utf-16be", "\ufeffwide Wörter 東京"},
		{"utf-8", "größer 東京"},
	} {
		enc, _ := charset.Lookup(test.charset)
		data, err := enc.NewEncoder().Bytes([]byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		want := test.text
		if want[0] == 0xef { // the mark tells the charset, and is no text
			want = want[3:]
		}
		if got := (letter.Part{Type: "text/plain"}).Text(data); got != want {
			t.Errorf("%s: %q, want %q", test.charset, got, want)
		}
	}
}

// TestPart_TakesNoOtherScriptForEastAsian: what is guessed wrongly is not found.
func TestPart_TakesNoOtherScriptForEastAsian(t *testing.T) {
	for _, test := range []struct{ charset, text string }{
		{"windows-1251", "Уважаемый клиент, счёт за электроэнергию прилагается к письму"},
		{"koi8-r", "Уважаемый клиент, счёт за электроэнергию прилагается к письму"},
		{"windows-1253", "Καλημέρα σας, το τιμολόγιο είναι συνημμένο"},
		{"windows-1255", "שלום עולם חשבונית מצורפת"},
		{"windows-1256", "مرحبا بالعالم فاتورة مرفقة"},
		{"windows-874", "ใบแจ้งหนี้ค่าไฟฟ้าประจำเดือน"},
		{"windows-1250", "Příliš žluťoučký kůň úpěl ďábelské ódy"},
	} {
		enc, _ := charset.Lookup(test.charset)
		data, err := enc.NewEncoder().Bytes([]byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		latin, _ := charset.Lookup("windows-1252")
		want, err := latin.NewDecoder().Bytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := (letter.Part{Type: "text/plain"}).Text(data); got != string(want) {
			t.Errorf("%s: %q, want it as it was taken before", test.charset, got)
		}
	}
}
