package sample

var talksEnglish = []talk{
	{lang: "en", account: 0, subject: "Which stove for the cabin?", turns: []turn{
		{friendsEnglish[0], "The old stove in the cabin has a crack right through the door. Do we mend it or look for another? I would rather spend the money once."},
		{owners[0], "Another, I think. The chimney is good, so anything with a six inch flue will do. Tobias, did the one in your shed ever get used?"},
		{friendsEnglish[0], "Never lit. It has been holding up paint pots for ten years. It weighs as much as a pony, though, and the track is soft until May."},
		{friendsEnglish[4], "I have a sledge and a nephew. If there is frost on Saturday we could have it up there by noon."},
		{friendsEnglish[0], "Frost it is. I will take the paint pots off."},
	}},
	{lang: "en", account: 1, subject: "Lock gate alarm at low water", turns: []turn{
		{colleaguesEnglish[0], "The alarm on gate 2 went off three times this week, always within an hour of low water. The gate itself did not move. I suspect the float."},
		{colleaguesEnglish[1], "I looked at the trace. The float sits on the mud when the level drops under eighty centimetres, then tips. That is what the alarm sees."},
		{owners[1], "Could we lift the bracket by twenty centimetres? We never need a reading that low."},
		{colleaguesEnglish[1], "Done this morning, it took one bolt. I have marked the new zero on the staff and in the book."},
		{colleaguesEnglish[0], "Quiet since. I close the entry, thank you both."},
	}},
	{lang: "en", account: 0, subject: "[tide-mills] Dating the Elmer wheel",
		list: &list{"Tide mills", "tide-mills.example.org", person{"", "tide-mills@example.org"}}, turns: []turn{
			{person{"Gwenda Pike", "gwenda@pike.example"}, "We took two cores from the shaft. The outer rings are gone, but the heart is oak felled after 1740 at the earliest. That would make the wheel younger than the deed says."},
			{person{"Arno Teal", "arno.teal@example.com"}, "Shafts were replaced more often than wheels. I would not redate the mill on one timber. Are there cores from the sluice frame?"},
			{owners[0], "There is a bill of 1743 in the parish chest for a new shaft and for beer. It may be ours. I can copy it next week."},
			{person{"Gwenda Pike", "gwenda@pike.example"}, "A bill for a shaft in 1743 settles it better than any ring. Yes please, and the beer too."},
		}},
	{lang: "en", account: 1, subject: "Cake rota", turns: []turn{
		{colleaguesEnglish[3], "Somebody ate the Friday cake on a Thursday. I name no names, but there were crumbs on the tide tables. Shall we write a rota?"},
		{colleaguesEnglish[2], "It was me, and I am not sorry. I will bring gingerbread on Friday as a fine."},
		{colleaguesEnglish[1], "Make it two, there are visitors."},
	}},
}

var talksGerman = []talk{
	{lang: "de", account: 0, subject: "Zeltplatz im Sommer", turns: []turn{
		{freundeGerman[1], "Wollen wir wieder an den See fahren? Der Platz unter den Kiefern wäre in der zweiten Juliwoche noch frei, wenn wir bald zusagen."},
		{owners[0], "Gern, aber diesmal mit dem großen Zelt. Im kleinen bin ich jede Nacht am Kocher aufgewacht."},
		{freundeGerman[1], "Das große hat ein Loch, das flicke ich. Rieke bringt die Boote mit, sie fragt nur, wer die Paddel hat."},
		{freundeGerman[2], "Die Paddel stehen bei Ansgar hinter der Scheune, ich hole sie am Sonntag. Dann ist alles beisammen."},
	}},
	{lang: "de", account: 1, subject: "Farbe der Seezeichen", turns: []turn{
		{person{"Wiebke Förster", "w.foerster@schleusenamt.example"}, "Die neue Farbe für die Tonnen blättert nach einem Winter ab. Haben Sie dieselbe Lieferung bekommen wie wir?"},
		{person{"Malte Brünjes", "bruenjes@vermessung.example.com"}, "Bei uns hält sie, allerdings haben wir den alten Anstrich vorher ganz heruntergenommen. Vielleicht liegt es am Untergrund."},
		{person{"Wiebke Förster", "w.foerster@schleusenamt.example"}, "Das wird es sein, wir hatten nur angeschliffen. Danke, dann fangen wir im März noch einmal von vorn an."},
	}},
}

var talksJapanese = []talk{
	{lang: "ja", account: 0, subject: "夏休みの島旅", turns: []turn{
		{friendsJapanese[1], "夏休みに島へ渡りませんか。船は週に二便だけで、民宿は三部屋しかありません。早めに決めれば予約できそうです。"},
		{owners[0], "行きたいです。泳ぐより釣りがしたいのですが、道具は借りられますか。"},
		{friendsJapanese[1], "民宿の主人が漁師なので、竿も餌も貸してくれるそうです。朝は四時に起きることになります。"},
		{friendsJapanese[0], "私も参加します。四時に起きられなかったら、起こさずに行ってください。"},
	}},
	{lang: "ja", account: 1, subject: "浮標の電池交換", turns: []turn{
		{colleaguesJapanese[0], "三番浮標の電池の電圧が下がっています。次の凪の日に交換したいのですが、船は空いていますか。"},
		{colleaguesJapanese[1], "木曜日の午前なら空いています。予備の電池は倉庫の奥に二つあります。"},
		{colleaguesJapanese[0], "では木曜日に出ます。ついでに鎖の摩耗も見てきます。"},
	}},
}
