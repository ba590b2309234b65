package sample

import (
	"fmt"
	"strings"
)

type contractor struct {
	id                           int64
	code, name, nip, city        string
	email, phone, group          string
	country, currency, takesPart string
	active, anonymous            bool
}

type person struct {
	id, contractor     int64
	name, email, phone string
	active             bool
}

type item struct {
	id                            int64
	code, name, group, unit, kind string
	vat                           int64 // per cent
	price                         int64 // net, grosze a unit
}

const (
	euroCustomer = 39 // the contractors with a part of their own, by id
	cashCustomer = 40
)

var (
	trades = []string{
		"Hurtownia", "Delikatesy", "Restauracja", "Winiarnia", "Zakład Remontowy", "Firma Budowlana", "Sklep Spożywczy",
		"Hotel", "P.H.U.", "Karczma", "Market", "Serwis Elektronarzędzi", "Bistro",
	}
	firmNames = []string{
		"Żubr", "Łabędź", "Dębowy Zakątek", "Źródełko", "Bursztyn", "Kłos", "Pod Gołębiem", "Jaśmin", "Wiśniowy Sad", "Świerk",
		"Młyn", "Gęsia Szyja", "Ćwiartka", "Złota Rybka", "Pszczółka", "Chmiel", "Krzemień", "Jarzębina", "Bór", "Wędzonka",
		"Stokrotka", "Zielony Rynek", "Mosiądz", "Śnieżka", "Równica", "Kaszub", "Halny", "Warta", "Pieniny", "Żuraw",
		"Nowy Port", "Rzemień", "Lipa i Syn", "Cegiełka", "Biały Dwór", "Ośnica", "Jutrzenka", "Skarbek",
	}
	legalForms = []string{"Sp. z o.o.", "S.A.", "sp.j.", "", "s.c."}
	cities     = []string{
		"Kraków", "Łódź", "Gdańsk", "Poznań", "Wrocław", "Białystok", "Rzeszów", "Świdnica", "Żywiec", "Tychy", "Ełk", "Nowy Sącz",
	}
	taxOffices   = []string{"526", "676", "725", "584", "777", "897", "542", "813", "884", "553"}
	firstNames   = []string{"Anna", "Łukasz", "Małgorzata", "Paweł", "Żaneta", "Michał", "Ewa", "Sławomir", "Józef", "Kinga", "Grażyna", "Błażej"}
	surnames     = []string{"Nowak", "Wójcik", "Mazur", "Krawczyk", "Dudek", "Zając", "Król", "Wróbel", "Gołąb", "Kaczmarek", "Stępień", "Źrebiec", "Pająk", "Ślusarz"}
	asciiLetters = strings.NewReplacer("ą", "a", "ć", "c", "ę", "e", "ł", "l", "ń", "n", "ó", "o", "ś", "s", "ź", "z", "ż", "z")
)

// assortment is what a group of items is made of: every name with every variant.
type assortment struct {
	group, prefix, unit, kind string
	vat, price, step          int64
	names, variants           []string
}

func assortments() []assortment {
	return []assortment{
		{"ALKO/WINA", "WIN", "szt", "goods", 23, 2499, 310, []string{"Wino czerwone", "Wino białe", "Wino różowe", "Wino musujące"}, []string{"wytrawne 0,75 l", "półwytrawne 0,75 l", "półsłodkie 0,75 l", "słodkie 0,75 l"}},
		{"ALKO/PIWA", "PIW", "szt", "goods", 23, 389, 45, []string{"Piwo jasne", "Piwo ciemne", "Piwo pszeniczne", "Piwo bezalkoholowe"}, []string{"0,33 l", "0,5 l", "butelka zwrotna 0,5 l"}},
		{"NARZEDZIA/ELEKTRO", "ELE", "szt", "goods", 23, 18900, 4150, []string{"Wiertarka udarowa", "Szlifierka kątowa", "Wkrętarka", "Wyrzynarka"}, []string{"600 W", "850 W", "1200 W", "18 V"}},
		{"NARZEDZIA/RECZNE", "REC", "szt", "goods", 23, 1290, 270, []string{"Młotek", "Śrubokręt", "Klucz nastawny", "Piła"}, []string{"mały", "średni", "duży", "zestaw"}},
		{"SPOZYWCZE/NABIAL", "NAB", "kg", "goods", 5, 2190, 190, []string{"Ser żółty", "Twaróg", "Masło"}, []string{"krajowy", "wiejski", "wędzony", "bez laktozy"}},
		{"SPOZYWCZE/OWOCE", "OWO", "kg", "goods", 5, 490, 130, []string{"Jabłka", "Gruszki", "Śliwki", "Wiśnie"}, []string{"luz", "pakowane", "ekologiczne"}},
		{"SPOZYWCZE/DANIA", "DAN", "szt", "goods", 8, 1590, 220, []string{"Pierogi", "Gołąbki", "Żurek"}, []string{"z mięsem", "z kapustą", "domowe", "mrożone"}},
		{"CHEMIA/DOMOWA", "CHE", "szt", "goods", 23, 790, 160, []string{"Płyn do naczyń", "Proszek do prania", "Środek czyszczący"}, []string{"0,5 l", "1 l", "5 l", "koncentrat"}},
		{"BUDOWLANE/CHEMIA", "BUD", "m2", "goods", 23, 3490, 350, []string{"Panel podłogowy", "Płytka ceramiczna", "Wykładzina"}, []string{"dąb", "jesion", "biel", "grafit"}},
		{"OPAKOWANIA/KAUCJE", "KAU", "szt", "deposit", 0, 50, 950, []string{"Kaucja"}, []string{"butelka 0,5 l", "skrzynka", "paleta EUR", "keg 30 l"}},
		{"USLUGI/TRANSPORT", "USL", "szt", "service", 23, 4900, 5000, []string{"Transport", "Montaż"}, []string{"lokalny", "krajowy"}},
	}
}

func makeItems() []item {
	var items []item
	for _, a := range assortments() {
		for i, name := range a.names {
			for j, variant := range a.variants {
				n := i*len(a.variants) + j
				items = append(items, item{
					id: int64(len(items) + 1), code: fmt.Sprintf("%s-%03d", a.prefix, n+1), name: name + " " + variant,
					group: a.group, unit: a.unit, kind: a.kind, vat: a.vat, price: a.price + a.step*int64(n),
				})
			}
		}
	}
	return items
}

func (g *generator) makeContractors() []contractor {
	var all []contractor
	for i, firm := range firmNames {
		name := strings.TrimSpace(trades[i%len(trades)] + " „" + firm + "” " + legalForms[g.rng.IntN(len(legalForms))])
		k := contractor{
			id: int64(i + 1), code: fmt.Sprintf("K%03d", i+1), name: name, nip: g.nip(), city: cities[g.rng.IntN(len(cities))],
			email: fmt.Sprintf("biuro@firma%02d.example", i+1), phone: g.phone(), group: "DETAL",
			country: "PL", currency: "PLN", takesPart: "TAK", active: true,
		}
		if i%5 == 0 {
			k.group = "VIP"
		}
		if i%13 == 12 {
			k.takesPart = "NIE"
		}
		all = append(all, k)
	}
	return append(all,
		contractor{id: euroCustomer, code: "DE001", name: "Weinhaus Müller GmbH", nip: "DE123456788", city: "Görlitz", email: "einkauf@weinhaus.example", phone: "+49 3581 000000", group: "EXPORT", country: "DE", currency: "EUR", takesPart: "TAK", active: true},
		contractor{id: cashCustomer, code: "DETAL", name: "Sprzedaż detaliczna", group: "DETAL", country: "PL", currency: "PLN", takesPart: "NIE", active: true, anonymous: true},
	)
}

// nip makes a Polish tax number with a right check digit.
func (g *generator) nip() string {
	for {
		digits := taxOffices[g.rng.IntN(len(taxOffices))] + fmt.Sprintf("%06d", g.rng.IntN(1_000_000))
		if check := nipCheck(digits); check < 10 {
			return fmt.Sprintf("%s%d", digits, check)
		}
	}
}

// nipCheck is the check digit of nine digits; 10 means that there is none.
func nipCheck(digits string) int {
	sum := 0
	for i, weight := range []int{6, 5, 7, 2, 3, 4, 5, 6, 7} {
		sum += weight * int(digits[i]-'0')
	}
	return sum % 11
}

func (g *generator) phone() string {
	return fmt.Sprintf("+48 6%02d %03d %03d", g.rng.IntN(100), g.rng.IntN(1000), g.rng.IntN(1000))
}

func (g *generator) makePeople() []person {
	var all []person
	for _, k := range g.contractors {
		if k.anonymous {
			continue
		}
		for range 1 + g.rng.IntN(3) {
			first, last := firstNames[g.rng.IntN(len(firstNames))], surnames[g.rng.IntN(len(surnames))]
			id := int64(len(all) + 1)
			local := asciiLetters.Replace(strings.ToLower(first + "." + last))
			all = append(all, person{
				id: id, contractor: k.id, name: first + " " + last,
				email: fmt.Sprintf("%s.%d@firma%02d.example", local, id, k.id), phone: g.phone(), active: !g.oneIn(12),
			})
		}
	}
	return all
}
