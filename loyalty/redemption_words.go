package loyalty

// refusalWords says every refusal in Polish and in English. A test reads redemption.go
// and misses none.
var refusalWords = map[Refusal][2]string{
	Insufficient:   {"nie ma tylu dostępnych punktów", "there are not as many points available"},
	BelowMinimum:   {"to mniej punktów, niż trzeba wydać jednorazowo", "that is fewer points than have to be spent at once"},
	AboveMaximum:   {"to więcej punktów, niż wolno wydać jednorazowo", "that is more points than may be spent at once"},
	AboveDay:       {"to więcej punktów, niż wolno wydać w ciągu dnia", "that is more points than may be spent in a day"},
	AboveMonth:     {"to więcej punktów, niż wolno wydać w ciągu miesiąca", "that is more points than may be spent in a month"},
	NotPayable:     {"takiej części rachunku nie można zapłacić punktami", "so much of the bill may not be paid with points"},
	NoWorth:        {"punkty programu nie mają wartości w pieniądzu", "points of the program are worth no money"},
	HoldExpired:    {"rezerwacja wygasła i punkty są znów dostępne", "the reservation has timed out, and the points are free again"},
	AlreadyDecided: {"o tych punktach zdecydowano już inaczej", "it was decided otherwise about these points before"},
	SamePerson:     {"zatwierdzić musi ktoś inny niż ten, kto zaproponował", "somebody else than who proposed it has to approve it"},
	IsMerged:       {"kontrahent jest połączony z innym", "the contractor is merged into another"},
	HasMerged:      {"z tym kontrahentem są połączeni inni", "others are merged into the contractor"},
	PointsHeld:     {"punkty kontrahenta są zarezerwowane", "points of the contractor are reserved"},
	OtherRequest:   {"ten klucz miało już inne polecenie", "the key was used for another request"},
}

// Words says a refusal to a person, "pl" in Polish, else in English. One that is unknown
// here comes back as its code.
func (r Refusal) Words(lang string) string {
	return wordsOf(refusalWords, r, lang)
}
