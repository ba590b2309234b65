package main

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Sizes of the page, in millimetres and points.
const (
	pageMargin = 18.0
	pageWidth  = 210.0 - 2*pageMargin // of A4, between the margins
	rowHeight  = 6.5
	textSize   = 10.0
	titleSize  = 16.0
	pdfFont    = "go" // has the letters of Polish
)

// pdf writes a statement for printing: its totals, then its lines, page by page.
func (d document) pdf(to io.Writer) error {
	p := fpdf.New("P", "mm", "A4", "")
	p.AddUTF8FontFromBytes(pdfFont, "", goregular.TTF)
	p.AddUTF8FontFromBytes(pdfFont, "B", gobold.TTF)
	p.SetMargins(pageMargin, pageMargin, pageMargin)
	p.SetAutoPageBreak(true, pageMargin)
	tr := d.c.tr
	p.SetTitle(tr("Statement of points", "Wyciąg punktów"), true)
	p.SetCreator("loyalsync", true)
	p.SetFooterFunc(func() {
		p.SetY(-pageMargin + rowHeight)
		p.SetFont(pdfFont, "", textSize-2)
		p.CellFormat(0, rowHeight, fmt.Sprintf("%d", p.PageNo()), "", 0, "R", false, 0, "")
	})
	p.AddPage()
	p.SetFont(pdfFont, "B", titleSize)
	p.CellFormat(0, rowHeight*2, tr("Statement of points", "Wyciąg punktów"), "", 1, "L", false, 0, "")
	p.SetFont(pdfFont, "", textSize)
	p.MultiCell(0, rowHeight, d.who.Code+"  "+d.who.Name+"\n"+tr("program ", "program ")+d.who.program.Name+"\n"+d.period(), "", "L", false)
	p.Ln(rowHeight)
	d.pdfTotals(p)
	p.Ln(rowHeight)
	d.pdfLines(p)
	if err := p.Output(to); err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	return nil
}

func (d document) pdfTotals(p *fpdf.Fpdf) {
	rows := d.totals()
	for i, row := range rows {
		style, border := "", ""
		if i == 0 || i == len(rows)-1 {
			style, border = "B", "B"
		}
		p.SetFont(pdfFont, style, textSize)
		p.CellFormat(pageWidth*0.6, rowHeight, row.label, border, 0, "L", false, 0, "")
		p.CellFormat(pageWidth*0.4, rowHeight, d.points(row.points), border, 1, "R", false, 0, "")
	}
}

func (d document) points(points loyalty.Points) string {
	return loyalty.FormatPoints(points, d.who.program.Decimals, d.c.language())
}

// pdfLines writes the lines under a head that every page has.
func (d document) pdfLines(p *fpdf.Fpdf) {
	tr := d.c.tr
	widths := [...]float64{pageWidth * 0.16, pageWidth * 0.2, pageWidth * 0.42, pageWidth * 0.22}
	row := func(style string, cells ...string) {
		p.SetFont(pdfFont, style, textSize)
		for i, text := range cells {
			align := "L"
			if i == len(cells)-1 {
				align = "R"
			}
			p.CellFormat(widths[i], rowHeight, fitted(p, text, widths[i]-2), "B", 0, align, false, 0, "")
		}
		p.Ln(-1)
	}
	head := func() {
		row("B", tr("date", "data"), tr("what", "co"), tr("document", "dokument"), tr("points", "punkty"))
	}
	_, height := p.GetPageSize()
	for i, l := range d.Lines {
		if next := p.GetY() + rowHeight; i == 0 || next > height-pageMargin {
			if next > height-pageMargin {
				p.AddPage()
			}
			head()
		}
		row("", loyalty.FormatDate(l.On, d.c.language()), d.kind(l.Kind), plain(d.about(l)), d.points(l.Points))
	}
}

// fitted cuts a text that is wider than its cell.
func fitted(p *fpdf.Fpdf, text string, width float64) string {
	if p.GetStringWidth(text) <= width {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && p.GetStringWidth(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}
