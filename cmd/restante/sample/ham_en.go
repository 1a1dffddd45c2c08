package sample

import "strings"

var friendsEnglish = []person{
	{"Tobias Quill", "tobias@quill.example"},
	{"Ines Harrowgate", "ines@harrowgate.example"},
	{"Mirela Stonefield", "mirela@example.org"},
	{"Pat Underhay", "pat.underhay@example.com"},
	{"Bram Vale", "bram@vale-and-daughters.example"},
	{"Aunt Lettice", "lettice@orchard-end.example"},
}

var colleaguesEnglish = []person{
	{"Dorian Sedge", "d.sedge@harbour-works.example"},
	{"Nneka Fairweather", "n.fairweather@harbour-works.example"},
	{"Jonas Pettibone", "j.pettibone@harbour-works.example"},
	{"Oona Marsh", "o.marsh@harbour-works.example"},
	{"Casper Thwaite", "casper@thwaite-surveys.example"},
}

var hamEnglish = []kind{
	{lang: "en", gold: "ham", account: 0, n: 14, train: 8, from: friendsEnglish,
		open: []string{"Hi Alice,", "Dear Alice,", "Hello you,", "Alice -", "Morning!", "Hey Alice, long time."},
		pairs: []pair{
			{"Sunday walk", "If the weather holds we are walking from the mill to the old ferry on Sunday, about nine miles with a stop for soup halfway. The dogs are coming. Bring the boots that you complained about last time, the path by the weir is still mud."},
			{"The bread recipe you asked for", "Here it is: 500 g flour, 350 g water, 10 g salt and a spoon of the starter. Fold it every half hour for three hours, then leave it in the cold overnight. Hot oven, lid on for twenty-five minutes, lid off until it is as dark as you dare."},
			{"Your umbrella", "You left the green umbrella in our hall again. It now lives on the hook by the door with the other two, so there is no hurry at all, but I thought you would like to know that it is in good company."},
			{"Concert tickets", "Two of us cannot go to the quartet on {day+12}, so there are two seats in row F going for nothing. Say the word before Thursday and I will leave them at the box office under your name."},
			{"Baby news", "She is here! Seven pounds, a great deal of hair and an opinion about everything. Mother and daughter are both well and both asleep, which is more than can be said for me. Photographs when somebody has a free hand."},
			{"Moving day", "We got the keys a week early, so the van is booked for {day+9}. If you can spare the morning we could use somebody calm to stand in the kitchen and say where boxes go. There will be bacon rolls."},
			{"That book about bridges", "I finished it on the train. You were right about the chapter on the rope works, it is worth the whole thing, although I could have done without the forty pages on tolls. Shall I post it back or bring it in March?"},
			{"Grandmother's clock", "The clockmaker says that the mainspring is fine and that it only wants cleaning. He can have it until the end of the month. I told him to leave the dent in the case where it is, since that is how everybody knows it."},
			{"Allotment", "The beans have come up in both rows and something has eaten exactly one of them. If you are passing this week would you water the cold frame? The can is behind the shed, and the tap sticks, turn it left first."},
			{"Birthday plan, do not tell Bram", "We thought of the boathouse for his sixtieth, about twenty people, everybody brings one dish and one story. Could you do the walnut cake? I have told him that we are going to look at a carpet, which he will believe."},
			{"Cat", "Would you feed Admiral from Friday to Tuesday? One tin in the morning, one at night, and he will tell you that it is two. The key is where it always was. He likes the radio left on."},
			{"Postcard from the island", "It has rained since the ferry docked and we could not be happier. There is one shop, it sells wool and paraffin and the newspaper from the day before. We saw an otter on {day-2} and have talked of nothing else."},
			{"Choir on Wednesday", "Rehearsal is moved to the hall behind the library because the boiler has gone again. Seven o'clock as usual. We start with the Tallis, so please look at the second page, where we all came in at different times."},
			{"Thank you", "What a lovely evening. The children have not stopped asking whether every house has a telescope in the attic. I still owe you a proper dinner, and I have not forgotten that you do not eat mushrooms."},
			{"Lift to the station?", "My train is at 6.{#10-50} on the morning of {day+5}, which is before the first bus. Could I be a nuisance and ask for a lift? I will bring coffee, and I promise not to talk until the level crossing."},
			{"The piano", "A man came to look at it and played for an hour and then said that he could not fit it up his stairs. So it is yours if you still want it. It needs tuning and four strong people, in that order."},
		},
		rest: [][]string{
			{"How is the knee?", "Give my love to everyone at yours.", "Ring me in the evening if that is easier.", "No need to answer this before the weekend.", "We think of you a good deal.", "It would be good to see you before the clocks change.", "Tell me how the exam went."},
			{"Love,\n{from}", "All the best,\n{from}", "Until soon,\n{from}", "Yours,\n{from}", "x\n{from}"},
		}},
	{lang: "en", gold: "ham", account: 1, n: 12, train: 4, from: colleaguesEnglish,
		open: []string{"Hello Alice,", "Alice,", "Hi all,", "Good morning,"},
		pairs: []pair{
			{"Minutes of the Tuesday meeting", "We agreed to move the crane inspection to the week after next, to keep the night shift at four people until the gate is repaired, and to ask the surveyors for a second reading of the east wall. Jonas writes to the insurers."},
			{"Draft of the tender, section 3", "I have rewritten the part about dredging volumes and taken out the table that nobody could read. Please look at the assumptions on tides in particular; the figure of 1.{#2-8} metres comes from the old report and I would like to know whether it still stands."},
			{"Pump 4 is back in service", "The seal was worn and not the bearing, so the repair took a morning rather than a week. It has run since {day-1} without a leak. We keep the spare on the shelf and I have ordered a second."},
			{"Your leave in the summer", "The two weeks that you asked for are fine. Oona covers the first and I the second. Please leave a note about where the pilot rota is kept, as last year we looked for it for two days."},
			{"Access to the survey server", "Your account is set up. The name is the same as for the time sheets, and you choose the pass phrase when you log in for the first time from the office network. If it asks for a token, restart the client once."},
			{"Visitors on Thursday", "Six people from the college come to see the lock gates at ten. They need boots and vests in sizes that we probably do not have, so I have asked the yard to lend us some. Could you say a few words about the sluices?"},
			{"Question about invoice {#2000-2999}", "The supplier has charged for {#12-40} fenders and the delivery note says fewer by two. I have paid what we received and written to them. Can you confirm the count in the store before I close it?"},
			{"Test results, east wall", "The cores came back from the laboratory. Compressive strength is above what the drawing wants in five places out of six, and the sixth is where the old drain was. I suggest that we patch and not rebuild."},
			{"Telephone list", "Attached to the notice board is the new list, because three of us have changed desks and one of us has changed name. Please tell me what is wrong with it this week, and not in December as last time."},
			{"Handover of the night log", "Quiet night. One barge without lights at 02.{#10-55}, hailed and answered. The printer in the control room is out of paper again and the good chair has gone missing. Otherwise nothing to report."},
			{"Training for the new radio sets", "There are two sessions, one for each shift, an hour each. Bring the set that you use so that we can write the call sign on it. The old ones stay switched on until everybody has been."},
			{"Review of the storm plan", "I read it against what we really did last winter. Most of it held. The part about who rings the pilots is wrong in both directions, and the list of sandbag stores names one that was pulled down."},
			{"Parking during the resurfacing", "From {day+6} the lower car park is closed for about a week. There is room behind the sail loft if we all park closely and nobody brings the boat trailer. Please tell your visitors."},
		},
		rest: [][]string{
			{"Comments by Friday, please.", "Ask if anything is unclear.", "I am in the office until four.", "Shall we talk about it after lunch?", "No action needed from you today.", "Please file it with the others."},
			{"Regards,\n{from}\n--\nHarbour Works, Slipway Road", "Thanks,\n{from}", "Best wishes,\n{from}\n--\nHarbour Works, Slipway Road"},
		}},
	{lang: "en", gold: "ham", account: 0, n: 8, train: 4,
		from: []person{{"Lanternfish Books", "orders@lanternfish.example"}, {"Tin Kettle Hardware", "sales@tinkettle.example"},
			{"Estuary Rail", "tickets@estuary-rail.example"}, {"Northmoor Water", "billing@northmoor-water.example"}},
		open: []string{"Thank you for your order.", "Dear Alice Merrow,", "Hello Alice,", "This is a receipt for your records."},
		pairs: []pair{
			{"Your order {ref} has been sent", "Order {ref} left our shop on {day+0}. It contains one field guide to mosses and one notebook, squared. Expect it within four working days."},
			{"Receipt {ref}", "We received {#18-95}.{#10-99} in payment of order {ref}: two hinges, a box of brass screws, linseed oil (1 litre). Keep this receipt, the guarantee runs for two years from {day+0}."},
			{"Your ticket, booking {ref}", "Booking {ref}, one adult, second class, out on {day+14} and back on {day+17}. Total paid: {#22-70}.{#10-99}. Show this message or the attached page to the guard."},
			{"Water bill for the quarter, account {ref}", "Your meter reading for account {ref} was {#1000-4000} cubic metres. The amount of {#40-110}.{#10-99} will be collected by direct debit on {day+21}. You need do nothing."},
			{"Invoice {ref}", "Please find attached invoice {ref} for the sharpening of three planes and a drawknife, {#30-60}.{#10-99} in all, payable within thirty days by the usual way."},
		},
		rest: [][]string{
			{"You may return anything unused within thirty days.", "Prices include tax at the current rate.", "If a figure is wrong, answer this message and a person will read it.", "Nothing more is owed."},
			{"Lanternfish and friends, 4 Quay Street", "Customer service, weekdays from nine to five", "Written by our till, checked by Maud"},
		}, dress: billEnglish},
	{lang: "en", gold: "ham", account: 0, n: 4, train: 4, from: []person{{"Rope and Tar", "news@ropeandtar.example"}},
		open: []string{"Dear readers,", "Welcome aboard,", "Ahoy,"},
		pairs: []pair{
			{"Rope and Tar, the spring number", "In this number: how to whip a rope's end without cursing, a visit to the last hemp walk in the county, and letters about our disputed splice."},
			{"Rope and Tar: winter in the sail loft", "It is the season of needles and wax. We have spent a month on one jib and learnt that patience comes by the yard."},
			{"Rope and Tar: readers' boats", "You sent us pictures of forty-one boats, two rafts and a bath. The bath has been given a column of its own."},
			{"Rope and Tar: oakum and other smells", "Nobody forgets the smell of a boat shed. We asked six builders what is in it, and they named eleven things."},
			{"Rope and Tar: small harbours", "This month we went round the harbours which the pilot book gives a single line, and found a good deal to say about them."},
		},
		rest: [][]string{
			{"From the workbench: a bowline holds because it is pressed, not because it is pulled. Try it in new rope and you will feel the difference.", "From the workbench: before you varnish, wipe the dust off the roof lamp. It always falls in the last coat.", "From the workbench: a marlinspike wants a blunt point. Ours was a tent peg once.", "From the workbench: leather on an oar lasts longest with the smooth side out.", "From the workbench: copper nails, bored holes, no hurry."},
			{"In the diary: open day of the preservation society on {day+20}, bring children and gloves.", "In the diary: the knot evening has moved to the chandler's back room, {day+11} at seven.", "In the diary: regatta for boats under fourteen feet, entries until {day+16}.", "In the diary: lecture on tide mills, {day+24}, free.", "In the diary: nothing at all in the week of {day+15}, go sailing."},
			{"You get this letter because you asked for it. Leave at https://ropeandtar.example/leave whenever you like.", "Back numbers are at https://ropeandtar.example/archive and cost nothing.", "Answer to write to the editor; she reads everything, in the end."},
		}, dress: letterpress(&list{"Rope and Tar", "letters.ropeandtar.example", person{"Rope and Tar", "letters@ropeandtar.example"}}, "#2a4d69")},
	{lang: "en", gold: "ham", account: 1, n: 4, train: 4, from: []person{{"Compiler Weekly", "digest@compilerweekly.example"}},
		open: []string{"Seven links, no more.", "Good Monday.", "Another week, another pass."},
		pairs: []pair{
			{"Compiler Weekly #{#100-140}: escape analysis", "A long article explains when a value may stay on the stack and what one innocent interface does to that. The drawings are worth the visit."},
			{"Compiler Weekly #{#141-180}: the price of bounds checks", "Somebody measured forty programs with and without them. The median cost was under two per cent, and the story is in the tail."},
			{"Compiler Weekly #{#181-220}: parsers by hand", "Three authors threw out their generators and wrote recursive descent. All three say the error messages were the reason."},
			{"Compiler Weekly #{#221-260}: linkers deserve love", "A talk about relocation that manages to be funny, and a new linker that is fast because it reads less."},
			{"Compiler Weekly #{#261-299}: garbage, collected", "Pacing explained with a bathtub, and a set of traces which you can replay at home."},
		},
		rest: [][]string{
			{"Release notes: the assembler now says which operand it dislikes.", "Release notes: vet learns to spot a deferred call in a loop.", "Release notes: incremental builds skip the second hash.", "Release notes: the fuzzer keeps its corpus small by itself."},
			{"Jobs: a port authority looks for somebody who can read old Fortran aloud.", "Jobs: none this week, be content.", "Jobs: a museum needs its punched cards read, two months.", "Jobs: teach night classes in data structures."},
			{"Read on the web: https://compilerweekly.example/issues", "Unsubscribe with one click below; no hard feelings.", "Send links to the editor, or better, write the article."},
		}, dress: letterpress(&list{"Compiler Weekly", "digest.compilerweekly.example", person{"", "digest@compilerweekly.example"}}, "#3c3c3c")},
	{lang: "en", gold: "ham", account: 0, n: 4, from: []person{{"Harbour Library", "notices@library.example.org"}},
		pairs: []pair{
			{"New on our shelves", "Four novels set on islands, a history of salt, and the long-awaited second volume about lighthouse keepers' gardens have arrived and may be reserved."},
			{"Reading group in {#2-9} weeks", "The group meets in the map room. We read the letters of a whaling captain's wife, which are shorter than they look. Newcomers are welcome, there is tea."},
			{"A book you reserved is here", "The atlas that you reserved is waiting at the desk and stays there until {day+8}. Please bring your card, the machine no longer believes anybody."},
			{"Opening hours in the holidays", "We close at one on the two days before the holiday and open again on {day+6} as usual. The box by the back door takes returns at any hour."},
		},
		rest: [][]string{
			{"Children's corner: story time with the ferryman on Saturday.", "Local history: the photographs of the flood are now catalogued.", "Repairs: the lift is slow but it does arrive.", "Lost and found: one glove, left, tweed."},
			{"You can change what we send you at https://library.example.org/mail", "The librarians", "Renew by telephone, by post, or by smiling at the desk."},
		}, dress: letterpress(&list{"Library notices", "notices.library.example.org", person{"", "notices@library.example.org"}}, "#5b3a29")},
	{lang: "en", gold: "ham", account: 1, n: 3, from: colleaguesEnglish,
		pairs: []pair{
			{"Invitation: sluice inspection", "I would like you at the inspection of the upper sluice. We walk it from the town side, so bring a torch."},
			{"Invitation: budget, second reading", "An hour ought to do. The figures are on the shared drive, please read them first so that we need not do it aloud."},
			{"Invitation: farewell for Jonas", "Cake, a speech that is promised to be short, and the presentation of the brass tide table."},
		},
		rest: [][]string{{"Please accept or decline so that I can book the room.", "The invitation is attached for your calendar.", "If the time does not suit, suggest another."}},
		dress: func(_ *gen, m *note) {
			m.calendar = invitation(m, 5, strings.TrimPrefix(m.subject, "Invitation: "), "Control room")
			m.files = append(m.files, attachment{"invite.ics", "application/ics", []byte(crlf(m.calendar))})
		}},
	{lang: "en", gold: "ham", account: 1, n: 6, from: colleaguesEnglish,
		open: []string{"Hello,", "Alice,", "Hi,"},
		pairs: []pair{
			{"Readings for the month", "The readings are in the file. The gap in the third week is when the mast was down; I have left it empty rather than guess."},
			{"Chart for the annual report", "Here is the bar chart, once more with colours that survive the copier. Tell me if the axis ought to start at zero."},
			{"Logs from the gate controller", "I packed what the controller wrote around the fault. The interesting part begins some ten lines before the alarm."},
		},
		rest: [][]string{{"Shout if it will not open.", "The originals stay on the survey server.", "There is no need to print it.", "Could you check the units?", "It replaces the one from {day-7}.", "I keep a copy too."}},
		dress: func(g *gen, m *note) {
			switch {
			case strings.HasPrefix(m.subject, "Readings"):
				m.files = append(m.files, textFile("readings-"+m.code+".txt", g.readings()))
			case strings.HasPrefix(m.subject, "Chart"):
				m.files = append(m.files, chart(g, "traffic-"+m.code+".png"))
			default:
				m.files = append(m.files, zipFile("gate-logs-"+m.code+".zip", m.date,
					textFile("gate.log", g.readings()), chart(g, "pressure.png")))
			}
		}},
	{lang: "en", gold: "ham", account: 1, n: 5, train: 4, from: []person{{"", "cron@tidegauge.harbour-works.example"}, {"Backup", "backup@harbour-works.example"}},
		pairs: []pair{
			{"backup of survey: done in {#4-19} min", "started 02:00:01\nfiles {#20000-90000}, changed {#100-900}\nstored {#2-40}.{#1-9} GB, 0 errors"},
			{"tide gauge: battery {#11-12}.{#1-9} V", "station 3, {day+0}\nlast sample {#120-480} cm\nlink quality {#60-99}"},
			{"certificate renewed for survey", "name survey.harbour-works.example\nserial {#100000-999999}\nnext renewal {day+60}"},
			{"disk usage report", "/srv/charts {#40-70} %\n/srv/mail {#20-39} %\n/var {#10-19} %"},
			{"build {#300-800} passed", "branch main, {#200-900} tests, 0 failed\ntook {#60-200} s"},
		}},
}

// billEnglish attaches the bill as a page, and the HTML that shops like.
func billEnglish(g *gen, m *note) {
	m.html = markup(m, m.from.name, "#1f5f3f")
	if g.serial%2 == 0 {
		m.files = append(m.files, pdfFile("bill-"+m.code+".pdf", strings.Split(m.text, "\n")))
	}
}
