package demo

import (
	"context"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
)

type entry struct{ key, parent, de, en string }

// topicNames are what people write about.
var topicEntries = []entry{
	{"outage", "", "Störung", "Outage"}, {"speed", "", "Geschwindigkeit", "Speed"}, {"bill", "", "Rechnung", "Bill"},
	{"instalment", "", "Abschlag und Raten", "Instalments"}, {"reading", "", "Zählerstand", "Meter reading"}, {"meter", "", "Zähler", "Meter"},
	{"move", "", "Umzug", "Moving"}, {"contract", "", "Vertrag und Kündigung", "Contract"}, {"tariff", "", "Tarif und Beratung", "Tariff"},
	{"appointment", "", "Termin", "Appointment"}, {"connection", "", "Anschluss", "Connection"}, {"fibre", "", "Glasfaserausbau", "Fibre roll-out"},
	{"account", "", "Kundenkonto", "Customer account"}, {"privacy", "", "Datenschutz", "Privacy"}, {"feedback", "", "Lob und Kritik", "Praise and complaints"},
}

var productEntries = []entry{
	{"power", "", "Strom Basis", "Electricity Basis"}, {"power-green", "", "Ökostrom", "Green electricity"}, {"gas", "", "Erdgas", "Gas"},
	{"heat", "", "Fernwärme", "District heating"}, {"water", "", "Trinkwasser", "Water"}, {"internet-16", "", "Internet 16", "Internet 16"},
	{"internet-100", "", "Internet 100", "Internet 100"}, {"fibre", "", "Glasfaser 250", "Fibre 250"}, {"wallbox", "", "Laden", "Charging"},
}

var regionEntries = []entry{
	{"stadt", "", "Lindenau", "Lindenau"}, {"altstadt", "stadt", "Altstadt", "Old Town"}, {"hafen", "stadt", "Hafenviertel", "Harbour"},
	{"neulindenau", "stadt", "Neu-Lindenau", "New Lindenau"}, {"weststadt", "stadt", "Weststadt", "West End"},
	{"umland", "", "Umland", "Surroundings"}, {"bachtal", "umland", "Bachtal", "Bachtal"}, {"hohenried", "umland", "Hohenried", "Hohenried"},
}

// regionNames are the German names of the regions, by key.
var regionNames = func() map[string]string {
	names := map[string]string{}
	for _, e := range regionEntries {
		names[e.key] = e.de
	}
	return names
}()

func (w *world) addCatalogue(ctx context.Context, boss access.Actor) error {
	for _, list := range []struct {
		kind    catalog.EntryKind
		prefix  string
		entries []entry
	}{{catalog.Topic, "", topicEntries}, {catalog.Product, "product/", productEntries}, {catalog.Region, "region/", regionEntries}} {
		for _, e := range list.entries {
			made, err := w.app.Catalog.CreateEntry(ctx, boss, catalog.EntryForm{Kind: list.kind, Key: e.key,
				Names: map[string]string{"de": e.de, "en": e.en}, ParentID: w.entries[list.prefix+e.parent]})
			if err != nil {
				return err
			}
			w.entries[list.prefix+e.key] = made.ID
		}
	}
	return nil
}

// classify files the case, as the colleague does who opens it first.
func (w *world) classify(ctx context.Context, c *cast) error {
	to := desk.Classification{Topic: w.entries[c.outline.topic], Product: w.entries["product/"+c.outline.product], Region: w.entries["region/"+c.who.district]}
	return w.app.Desk.Classify(ctx, w.staff["Mia Krüger"], c.id, 0, to)
}
