package app_test

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/setup"
)

// needs says for every exported function of the domain that takes an actor which
// role is the least that may call it. A function that is missing here fails the
// test, and so does one that lets anybody else in.
var needs = map[string]access.Role{
	"Desk.OpenSide": access.Agent, "Desk.WriteSide": access.Agent, "Desk.CloseSide": access.Agent, "Desk.ReopenSide": access.Agent, "Desk.Side": access.Agent, "Desk.Sides": access.Agent,
	"Desk.Move": access.Agent, "Intake.Original": access.Agent, "Intake.MakeCustomer": access.Agent,
	"Desk.Feed": access.Agent, "Desk.FeedEnd": access.Agent, "Desk.Timeline": access.Agent, "Desk.CaseOf": access.Agent, "Desk.CasesOf": access.Agent,
	"Desk.KnownTo": access.Agent, "Desk.Takes": access.Agent, "Intake.Open": access.Agent, "Intake.Say": access.Agent,
	"People.Lookup": access.Agent, "People.List": access.Agent, "People.ByIdentity": access.Agent, "People.Add": access.Agent, "People.Mend": access.Agent,
	"People.AddIdentity": access.Agent, "People.RemoveIdentity": access.Agent,
	"Keys.Create": access.Admin, "Keys.List": access.Admin, "Keys.Revoke": access.Admin,
	"Desk.Attachment": access.Agent, "Desk.Dismiss": access.Agent, "Desk.Events": access.Agent, "Desk.File": access.Agent,
	"Desk.Find": access.Agent, "Desk.HandOver": access.Agent, "Desk.History": access.Agent, "Desk.Merge": access.Agent,
	"Desk.Message": access.Agent, "Desk.FilesOf": access.Agent, "Desk.Note": access.Agent, "Desk.Reply": access.Agent, "Desk.SetState": access.Agent,
	"Desk.Take": access.Agent, "Desk.Withdraw": access.Agent, "Desk.Trash": access.Agent, "Desk.Restore": access.Agent,
	"Desk.Erasures": access.Agent, "Desk.Classify": access.Agent, "Desk.SettleErasure": access.Lead, "Desk.Delete": access.Lead,
	"Publish.Answer": access.Agent, "Publish.AnswerThread": access.Agent, "Publish.EditPost": access.Agent, "Publish.Withdraw": access.Agent,
	"Publish.Release": access.Agent, "Publish.Refuse": access.Agent, "Publish.OfCase": access.Agent, "Publish.Queue": access.Agent, "Publish.Overdue": access.Agent, "Publish.Duties": access.Agent,
	"Views.List":  access.Agent,
	"Outbox.List": access.Agent, "Outbox.Mailboxes": access.Agent, "Outbox.Figures": access.Lead, "Outbox.Brakes": access.Lead, "Outbox.ReleaseBrake": access.Lead, "Desk.Glances": access.Agent,
	"Outbox.PassedOn": access.Agent, "Outbox.ForFile": access.Agent, "Outbox.Others": access.Agent, "Outbox.SendAgain": access.Agent, "Outbox.Correct": access.Agent, "Outbox.Settle": access.Agent, "Outbox.SendTest": access.Admin,
	"Intake.Parked": access.Lead, "Intake.Raw": access.Lead, "Intake.Retry": access.Lead, "Intake.Dismiss": access.Lead,
	"People.Get": access.Agent, "People.Block": access.Agent, "People.BlockAddress": access.Agent, "People.Unblock": access.Agent, "People.Blocks": access.Agent,
	"Directory.ByID": access.Agent, "Directory.Colleagues": access.Agent, "Directory.List": access.Agent, "Directory.Team": access.Agent, "Directory.Teams": access.Agent,
	"Directory.SetPortrait": access.Agent, "Directory.RemovePortrait": access.Agent, "Directory.ShowPortrait": access.Agent, "Directory.Portrait": access.Agent,
	"Directory.ChangePassword": access.Agent, "Directory.SetLanguage": access.Agent,
	"Directory.CreateTeam": access.Admin, "Directory.UpdateTeam": access.Admin, "Directory.Invite": access.Admin,
	"Directory.ResendInvite": access.Admin, "Directory.SetActive": access.Admin, "Directory.SetRole": access.Admin,
	"Directory.SetTeams": access.Admin,
	"Catalog.AccountFor": access.Admin, "Catalog.AccountsFor": access.Admin, "Catalog.CreateAccount": access.Admin,
	"Catalog.UpdateAccount": access.Admin, "Catalog.SetAccountActive": access.Admin, "Catalog.UpdateBrand": access.Admin,
	"Catalog.CreateEntry": access.Admin, "Catalog.UpdateEntry": access.Admin, "Catalog.MoveEntry": access.Admin, "Catalog.SetEntryActive": access.Admin,
	"Catalog.HooksFor": access.Admin, "Catalog.HookFor": access.Admin, "Catalog.CreateHook": access.Admin, "Catalog.SetHookSecret": access.Admin,
	"Catalog.SetHookActive": access.Admin, "Catalog.DeleteHook": access.Admin,
	"Catalog.Candidate": access.Admin, "Catalog.DeleteAccount": access.Admin, "Boxes.Try": access.Admin, "Boxes.Health": access.Admin, "Boxes.Alarms": access.Lead,
	"Catalog.SetColor": access.Admin, "Catalog.SetLogo": access.Admin, "Catalog.RemoveLogo": access.Admin,
	"Desk.Numbers": access.Agent, "Jobs.Census": access.Admin, "Jobs.List": access.Admin, "Jobs.Job": access.Admin, "Jobs.Retry": access.Admin, "Jobs.Discard": access.Admin, "Jobs.Scanners": access.Admin,
	"Domains.List": access.Admin, "Domains.Get": access.Admin, "Domains.Check": access.Admin, "Domains.Prepare": access.Admin, "Domains.Activate": access.Admin,
	"Domains.Drop": access.Admin, "Domains.Alarms": access.Lead,
	"Templates.List": access.Admin, "Templates.Get": access.Admin, "Templates.Try": access.Admin, "Templates.Save": access.Admin, "Templates.Reset": access.Admin, "Templates.History": access.Admin,
	"Outbox.Sample": access.Admin, "Outbox.LookAt": access.Admin, "Views.Counts": access.Agent, "Digest.Chosen": access.Agent, "Digest.Choose": access.Agent,
	"Sessions.List": access.Agent, "Sessions.Revoke": access.Agent, "Sessions.RevokeOthers": access.Agent,
}

// own are the functions that customers may call, each on what is their own: they
// refuse nobody, and staff unless they are named above too. That they know no other customer's case is shown
// where they live.
var own = map[string]bool{
	"Desk.OwnFile": true, "Desk.OwnCases": true, "Desk.OwnAttachment": true, "Desk.Solved": true, "Desk.Contest": true,
	"Desk.AskErasure": true, "Desk.RenewLinks": true, "Desk.OwnNumber": true, "Intake.Write": true,
	"Publish.OfCase": true, "Publish.Suggest": true, "Publish.Preview": true, "Publish.Propose": true, "Publish.TakeBack": true,
}

// open are the functions without an actor, and why nobody is asked.
var open = map[string]string{
	"Desk.SidesTx": "the intake", "Desk.SideOfTx": "the intake", "Desk.EnclosedIn": "the outbox", "Desk.ReaddressSideTx": "the outbox, which asks",
	"Desk.SetCustomerTx": "the intake, which hands on who asks", "Desk.AwaitingTx": "the intake", "Desk.UniteTx": "the intake", "Desk.BouncedTx": "the outbox", "Desk.ComplainedTx": "the outbox", "Outbox.FindTx": "the intake", "Outbox.ReportTx": "the intake",
	"Desk.AdmitTx": "the intake, which hands on who asks", "Desk.MendFeed": "called at start", "People.SetGuard": "wiring",
	"Keys.Find": "the secret is the proof", "Keys.Used": "after the secret was right",
	"Desk.SetEntries": "wiring", "Desk.AddHook": "wiring", "Desk.SetAcknowledger": "wiring", "Desk.SetForgetter": "wiring", "Desk.SetPreparer": "wiring", "Desk.SetClaimer": "wiring", "Desk.SetNumbers": "wiring", "Desk.RecordTx": "publish", "Desk.MarkPublicTx": "publish", "Desk.OwnTx": "the intake, which hands on who asks",
	"Desk.OpenerTx": "the intake", "Desk.NumberedTx": "the outbox", "Intake.Ask": "anybody may ask", "Intake.Stage": "anybody may ask",
	"Intake.Staged": "the token is the proof", "Outbox.PeekFiles": "the token is the proof", "Outbox.SweepFileLinks": "called now and then", "Intake.SweepUploads": "called now and then",
	"People.OnConfirmed": "wiring", "People.ConfirmTx": "opening a link", "People.Confirmed": "publish", "People.ForgetTx": "the desk",
	"People.BlockedTx": "the intake", "People.CustomerBlockedTx": "the intake", "People.PeekLink": "the token is the proof", "People.OpenLink": "the token is the proof",
	"People.PeekFileLink": "the token is the proof", "People.OpenFileLink": "the token is the proof",
	"Outbox.SendCaseLink": "who asks learns nothing", "Outbox.SendFileLink": "who asks learns nothing",
	"Publish.Thread": "public", "Publish.Version": "public", "Publish.PortraitVersion": "public", "Publish.Cards": "public", "Publish.Latest": "public", "Publish.Unanswered": "public", "Publish.Sitemap": "public",
	"Publish.Docs": "the public index", "Publish.ConfirmedTx": "opening a link", "Publish.Hook": "called by the desk",
	"Views.Hook": "called by the desk", "Outbox.SetRenderer": "wiring",
	"Templates.Write": "the program writes a mail", "Templates.Render": "the program writes a mail", "Templates.SetSite": "wiring",
	"Digest.Send": "called now and then", "Digest.Render": "the outbox", "Digest.Token": "the program writes a mail", "Digest.Peek": "the token is the proof", "Digest.Unsubscribe": "the token is the proof",
	"Outbox.NotifyTx": "called by package staff in its transaction", "Outbox.CanNotify": "a figure", "Outbox.Recover": "called at start", "Outbox.Pending": "a figure",
	"Desk.ReceiveTx": "the intake", "Desk.StoredTx": "the intake", "Desk.ByExternalTx": "the intake", "Desk.ByNumberTx": "the intake",
	"Desk.MembersTx": "the intake", "Desk.OpenOfTx": "the intake", "Desk.DeliveryFailedTx": "the outbox", "Desk.NameTx": "the outbox",
	"Intake.Past": "an operator's import", "Intake.Drain": "a desk that is being made", "Outbox.SettleRestored": "called at the start after a restore", "People.BringTx": "called by an operator's import",
	"Intake.AcceptAll": "the channel", "Intake.Accept": "anybody may write", "Intake.Wake": "wiring", "Intake.Run": "wiring", "Intake.ReleaseAll": "called at start", "Intake.Backlog": "a figure",
	"People.ResolveTx": "the intake", "People.FindTx": "the intake", "People.AddressesTx": "the outbox",
	"Directory.SignIn": "who signs in is nobody yet", "Directory.Actor": "finds out who asks", "Directory.PeekInvite": "the token is the proof",
	"Directory.PeekReset": "the token is the proof", "Directory.Accept": "the token is the proof", "Directory.Reset": "the token is the proof",
	"Directory.RequestReset": "who forgot a password is nobody yet", "Directory.Names": "names of colleagues on pages that were checked",
	"Directory.PublicPortraits": "public", "Directory.Render": "the outbox", "Directory.PasswordsChecked": "a figure", "Directory.PrepareAdmin": "setup", "Directory.CreateAdminTx": "setup",
	"Directory.CreateTeamTx": "setup", "Directory.AnswerBy": "the desk", "Directory.Restricted": "the desk", "Directory.Assignable": "the desk",
	"Catalog.Entries": "customers choose from them", "Catalog.Entry": "the desk", "Catalog.Logo": "public", "Catalog.Brands": "public", "Catalog.Brand": "public", "Catalog.BrandByHost": "public", "Catalog.Accounts": "the program", "Catalog.Account": "the program",
	"Catalog.Hook": "the channel", "Catalog.HookUsed": "the channel", "Catalog.ClaimBrandTx": "setup", "Catalog.CreateAccountTx": "setup",
	"Catalog.Tokens": "the channel", "Catalog.KeepTokens": "the channel", "Boxes.Turn": "the channel", "Outbox.TryRelay": "trying a mailbox, which asks", "Boxes.Cursor": "the channel", "Boxes.Advance": "the channel",
	"Boxes.Note": "the channel", "Boxes.Lease": "the channel", "Boxes.Release": "the channel", "Boxes.ReleaseAll": "the start", "Boxes.Arrived": "the channel", "Boxes.Flush": "called now and then", "Boxes.All": "a figure",
	"Desk.DeliverySettledTx": "the outbox, which asks", "Outbox.AnsweredTx": "the intake", "Outbox.Look": "shows what it is given",
	"Catalog.SetSignatureCheck": "wiring", "Boxes.NoteSending": "the outbox",
	"Outbox.CheckRecipient": "who writes, which asks", "Outbox.AllBrakes": "a figure", "Outbox.SweepFigures": "called now and then", "Outbox.AddressKey": "says nothing", "Desk.CustomersTx": "the outbox", "Desk.HomeTx": "the outbox",
	"Outbox.CasesOf": "the job list, which asks", "Outbox.HastenTx": "the job list, which asks", "Outbox.Backlog": "a figure",
	"Intake.OldestWaiting": "a figure", "Intake.LookReasons": "a figure", "Sessions.Active": "a figure",
	"Domains.All": "a figure", "Domains.Due": "called now and then", "Domains.SigningKeys": "the channel",
	"Sessions.Middleware": "wiring", "Sessions.Current": "the request's own", "Sessions.SignIn": "after the password was right",
	"Sessions.SignOut": "the request's own", "Sessions.Keep": "the request's own", "Sessions.Take": "the request's own",
}

func TestEveryDomainFunctionAsksWhoIsThere(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		a := newApp(t, url)
		brand := firstBrand(t, a)
		seen := map[string]bool{}
		for _, domain := range []any{a.Desk, a.Views, a.Outbox, a.Intake, a.People, a.Staff, a.Catalog, a.Boxes, a.Kit.Sessions, a.Jobs, a.Publish, a.Keys, a.Domains, a.Texts, a.Digest} {
			v := reflect.ValueOf(domain)
			for i := range v.NumMethod() {
				name := v.Elem().Type().Name() + "." + v.Type().Method(i).Name
				seen[name] = true
				checkFunction(t, name, v.Method(i), brand)
			}
		}
		for name := range needs {
			if !seen[name] {
				t.Errorf("%s is in the table but not in the program", name)
			}
		}
		for name := range own {
			if !seen[name] {
				t.Errorf("%s is listed as a customer's own but not in the program", name)
			}
		}
		for name := range open {
			if !seen[name] {
				t.Errorf("%s is listed as open but not in the program", name)
			}
		}
	})
}

var actorType = reflect.TypeFor[access.Actor]()

func checkFunction(t *testing.T, name string, f reflect.Value, brand ids.ID) {
	t.Helper()
	least, guarded := needs[name]
	takesActor := f.Type().NumIn() > 1 && f.Type().In(1) == actorType
	if _, listed := open[name]; listed != !takesActor || (guarded || own[name]) != takesActor {
		t.Errorf("%s: takes an actor: %v, in the table of roles: %v, a customer's own: %v, listed as open: %v", name, takesActor, guarded, own[name], listed)
		return
	}
	if !takesActor {
		return
	}
	me := ids.New()
	session := ids.New().String()
	for _, who := range []struct {
		what  string
		actor access.Actor
		may   bool
	}{
		{"nobody", access.Actor{BrandID: brand}, false},
		{"a customer", access.Actor{Kind: access.Customer, ID: me, BrandID: brand}, own[name]},
		{"an agent", access.Actor{Kind: access.Staff, ID: me, BrandID: brand, Role: access.Agent, Session: session}, guarded && least <= access.Agent},
		{"a lead", access.Actor{Kind: access.Staff, ID: me, BrandID: brand, Role: access.Lead, Session: session}, guarded && least <= access.Lead},
		{"an administrator", access.Actor{Kind: access.Staff, ID: me, BrandID: brand, Role: access.Admin, Session: session}, guarded},
	} {
		refused := isRefusal(call(f, who.actor))
		if refused == who.may {
			t.Errorf("%s as %s: refused %v, may %v", name, who.what, refused, who.may)
		}
	}
}

// call runs f for the actor with empty arguments, and the actor's own id where
// one is asked for: what is allowed fails later for another reason, or finds
// nothing.
func call(f reflect.Value, a access.Actor) error {
	args := []reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(a)}
	for i := 2; i < f.Type().NumIn(); i++ {
		arg := reflect.Zero(f.Type().In(i))
		if f.Type().In(i) == reflect.TypeFor[ids.ID]() {
			arg = reflect.ValueOf(a.ID)
		}
		args = append(args, arg)
	}
	out := f.Call(args)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

func isRefusal(err error) bool {
	return errs.Is(err, errs.Forbidden) || errs.Is(err, errs.SignedOut)
}

func newApp(t *testing.T, url string) *app.App {
	t.Helper()
	a, err := app.New(context.Background(), config.Config{Data: filepath.Join(t.TempDir(), "data"), Database: url, HTTP: "127.0.0.1:0", MaxMail: 1 << 20}, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func firstBrand(t *testing.T, a *app.App) ids.ID {
	t.Helper()
	ctx := context.Background()
	_, err := a.Setup.CreateAdmin(ctx, setup.AdminForm{Email: "anna@lindenau.example", Name: "Anna", Password: strings.Repeat("lang", 5)})
	if err != nil {
		t.Fatal(err)
	}
	brands, err := a.Catalog.Brands(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return brands[0].ID
}
