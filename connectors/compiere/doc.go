// Package compiere reads sales documents and business partners of the Compiere
// family of ERPs from PostgreSQL: Compiere 3, ADempiere, iDempiere, Openbravo,
// metasfresh and Libertya. They share their tables, and differ in keys, stamps,
// signs and in how a document is cancelled; the catalog tells which one it is.
//
// # How it works
//
// [Open] finds the schema that holds the ERP's tables, reads the system catalog to
// tell the products apart and to learn which optional columns there are, and finds
// the company (AD_Client). The statements are the files of folder sql, written for
// a database administrator to read; text/template fills only the gaps: columns that
// not every member has, {{key}} for the type of keys, {{bytewise}} for their order,
// {{clock}} for a stamp as wall clock. @names are parameters. A page is one
// statement for the headers, one for all their lines, and one for each kind of thing
// that lines name (items, charges, units, taxes), in one REPEATABLE READ READ ONLY
// transaction: an item that is on many lines of a page is joined and sent once. Which
// documents come next in a pass is found before, for many pages at once while there is
// far to go: without an index on the stamps that reads all headers. They are read as they
// are by then.
//
// # Laws kept here
//
//   - Law 4: the sessions are read-only by default and by transaction, with
//     timeouts for statements, locks and idle transactions, over at most two
//     connections. Check tells what the login could write; [LoginSQL] makes one
//     that cannot.
//   - Law 5: a document's key is C_Invoice_ID, of type C_Invoice whatever the
//     document base type, which is its class: a draft may still change that.
//   - Law 6: Keys and Invoices make the digest here, from the same columns (facts.sql
//     and lines.sql) as the server writes them; InvoicesByKey asks for the primary key
//     alone.
//   - Law 7: numeric comes as text and becomes a decimal.
//   - Law 8: stamps stay the wall clock they are. metasfresh stores instants
//     (timestamp with time zone): they are read, ordered and compared as the wall
//     clock of Config.Timezone, so that the repeated hour of autumn loses nothing.
//   - Law 11: the driver's texts are replaced, see errors.go.
//
// # Rows committed late
//
// The application server stamps a row when it writes it and commits later, and
// statements outside the ERP stamp nothing. PostgreSQL itself numbers transactions:
// [Source.Snapshot] remembers which were over, [Source.Late] finds the headers that
// others have written since and that are stamped behind the floor, by xmin. That is a
// scan of the headers, which a scheduled run leaves out while the server has counted no
// write to them: the moment then stays where it was, because a connection may tell of a
// commit a second after it, or at the end of its next transaction. What is counted later
// is so found by the run after that; what is never counted, as in a crash, within an
// hour. On a standby, which counts nothing, every pass scans. It needs PostgreSQL 9.6;
// a restored, upgraded or replaced server begins anew. Changes of lines alone, and
// deletions, are the sweep's.
//
// # How the ERP's documents are understood
//
//   - Sales documents have IsSOTrx = Y and base type ARI (invoice), ARC (credit
//     memo) or, in Openbravo, ARI_RM (return of material; read with ARC). ARF (pro forma) and the purchase side are out of scope. Orders are
//     never read as documents: completing one makes its invoice. A draft has
//     document type 0, and the one it is going to have in C_DocTypeTarget_ID.
//   - Status DR IP IN AP NA WP WC is the buffer: editable and deletable. CO and CL
//     are released, VO and RE cancelled. A status that is none of these counts as
//     buffered, and Check warns. DocAction is the next button, not history: never
//     read. iDempiere, metasfresh and Openbravo may re-activate a released document:
//     it comes back buffered, with the same key and perhaps other lines.
//   - A credit memo is stored with positive amounts; the third letter of its type
//     says that they mean the opposite. It corrects the document named in
//     RelatedInvoice_ID where the schema has that column (iDempiere) and it is
//     filled; else it stands alone (Return). There is no link from line to line:
//     Line.Corrects stays empty, and the ledger matches by item.
//   - In Libertya a type of document has its own sign, signo_issotrx, which goes
//     before the base type; Examine counts the types where the two differ.
//   - An invoice with a negative total is also a Return.
//   - A reversal is a pair: the original and a copy with negated lines, both in
//     status RE, in Openbravo and Libertya VO. Both become cancelled; the copy's key
//     is attribute "reversal" of the original, and the other way round. Openbravo
//     keeps the link in C_Invoice_Reverse, Compiere 3 in the descriptions only: there
//     it is taken when number, partner, type, total and lines all agree.
//   - LineNetAmt is gross, despite its name, when IsTaxIncluded = Y; where lines have
//     a Line_Gross_Amount (Openbravo), it is net and that one is gross. Net and gross
//     of a line follow from it and the tax's rate, rounded half up to the
//     currency's StdPrecision; a summary tax has the sum of its parts' rates. The
//     stored tax of a line is often empty and not used.
//   - A document's gross is GrandTotal; its net is that less the taxes of
//     C_InvoiceTax, or, before these exist, the sum of its lines. Tax rounded per
//     document may differ from the lines' by some hundredths.
//   - Both dates of a document are DateInvoiced, without its time of day: a date of
//     sale of its own does not exist.
//   - The buyer is the invoice's partner, which the ERP takes from the order's bill-to
//     partner. The recipient is the partner of the order, the payer the order's
//     Pay_BPartner_ID; without order or entry, the buyer.
//   - A line has an item, or a charge (kind charge, its name also standing for the
//     code), or only text: the last is left out unless it has an amount. Items of
//     type S, R and E (service, resource, expense) are services. Returnable packaging
//     is not marked in this ERP.
//   - An item's group is the path of its category's search keys; Openbravo keeps its
//     tree elsewhere, there it is one key.
//   - The rate of a document is the one written on it (iDempiere), else that of its
//     day and type in C_Conversion_Rate towards the company's first accounting
//     schema. It is part of the digest: a rate entered late is found by the sweep.
//   - The email of a partner is that of its contact with the lowest key, the phone
//     that of its first bill-to address, else of a contact. Contacts are users
//     (AD_User); their mobile number (Phone2) goes before the other. Partners marked
//     one-time are anonymous, and so are the cash customers of any till (C_POS) and
//     of the company (AD_ClientInfo), and a shop's anonymous customer in Openbravo's
//     retail module. First and last name, where there are any, make the name of a
//     contact; metasfresh's default contact is the contractor's own choice.
//   - The store is the organisation's search key; organisation 0 is none.
//   - The state of payment is part of the digest, because the ERP may change it
//     without a new stamp. Names looked up in other tables are not: renaming an
//     item does not touch old documents.
//
// # What is inferred, and where to set it
//
//   - A line's discount is what PriceActual is below PriceList, where that is not 0.
//   - The time of a document is that of its entry (Created), when it was entered on
//     its day; DateInvoiced has no time of its own, or one that an import made up.
//   - The stamps are taken by the application server in its own zone, which the
//     database does not record: Config.Timezone. Now is the database's clock in
//     that zone; several servers with clocks apart are covered by the overlap.
//   - Which company is meant, when only one has invoices: Config.Tenant.
//   - Openbravo's returns, that is ARI_RM and types with IsReturn = Y: no company's
//     data showed whether they are stored positive or negative. One never gives:
//     a total above zero is turned around. Config.ReturnsAsStored takes them as is.
//   - Openbravo's Line_Gross_Amount, and the anonymous customer of its retail module,
//     are known from their names alone.
//   - metasfresh and Libertya were written from what their source code says. Check
//     warns, and what their schema lacks of the needed columns refuses the source.
//   - Only Openbravo has an index on C_Invoice.Updated: elsewhere each page scans
//     the headers. From 200,000 documents Examine asks for one.
package compiere
