package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"github.com/kardianos/service"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/loyalsync/loyalsync/loyalty"
)

const (
	defaultAccount = `NT SERVICE\` + serviceName // a virtual account: no password, no sign-in
	wantedPlatform = "windows-service"
	wantedManager  = "service manager"
	managerHint    = "see why: Event Viewer > Windows Logs > Application, source loyalsync"
	logNeeded      = true

	restartDelay = "15s"
	stopHint     = 10_000 // milliseconds within which the next sign of a stop comes
	stopSign     = 2 * time.Second
	shutdownTime = 25_000 // milliseconds that Windows gives the service when it shuts down
	eventID      = 1
)

// asService runs serve under the service manager, when the command line is the
// one that install writes: service run --config FILE. It is said, not guessed:
// who started a process cannot be told for sure.
func asService(args []string) (code int, is bool) {
	if len(args) < 2 || args[0] != "service" || args[1] != "run" {
		return 0, false
	}
	s := &windowsService{args: append([]string{"serve"}, args[2:]...), events: io.Discard}
	if log, err := eventlog.Open(serviceName); err == nil { // else there is nobody to tell
		s.events = eventWriter{log}
	}
	if err := svc.Run(serviceName, s); err != nil {
		report(os.Stderr, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "service run is for the service manager", Hint: "loyalsync service start, or loyalsync serve", Err: err,
		})
		return exitInput, true
	}
	return s.code, true
}

// eventWriter writes errors to the event log.
type eventWriter struct{ log *eventlog.Log }

func (w eventWriter) Write(text []byte) (int, error) {
	return len(text), w.log.Error(eventID, strings.TrimSpace(string(text)))
}

// windowsService is the program as the service manager sees it.
type windowsService struct {
	args   []string
	events io.Writer
	code   int
}

// Execute reports that it runs before anything is read: a migration may take
// long. A failure that nobody asked for ends the process without a word, so that
// Windows restarts it; bad configuration ends in order, because a restart would
// not cure it.
func (s *windowsService) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	running := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptPreShutdown}
	status <- running
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan int, 1)
	go func() { ended <- s.run(ctx) }()
	var sign <-chan time.Time
	stopping := svc.Status{State: svc.StopPending, WaitHint: stopHint}
	for {
		select {
		case s.code = <-ended:
			if sign == nil && s.code != exitDone && s.code != exitInput {
				os.Exit(s.code)
			}
			return s.code != exitDone, uint32(s.code) //nolint:gosec // an exit code
		case r := <-requests:
			switch {
			case r.Cmd == svc.Interrogate:
				status <- r.CurrentStatus
			case sign == nil: // stop or shutdown
				stop()
				ticker := time.NewTicker(stopSign)
				defer ticker.Stop()
				sign = ticker.C
				status <- stopping
			}
		case <-sign:
			stopping.CheckPoint++
			status <- stopping
		}
	}
}

// run executes the command line; what is wrong goes to the event log.
func (s *windowsService) run(ctx context.Context) int {
	err := dispatch(ctx, s.args, s.streams())
	code := exitCode(ctx, err)
	if err == nil || code == exitInterrupted { // stopped while it started
		return exitDone
	}
	var text strings.Builder // one event, not one for each line
	report(&text, err)
	_, _ = io.WriteString(s.events, text.String())
	return code
}

// streams are those of a service: it has nothing but the event log.
func (s *windowsService) streams() streams {
	return streams{
		in: strings.NewReader(""), out: io.Discard, err: io.Discard,
		system: slog.NewTextHandler(s.events, &slog.HandlerOptions{Level: slog.LevelError, ReplaceAttr: withoutTime}),
	}
}

// withoutTime leaves out what the event log knows itself.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return a
}

func managed(p servicePlan) *service.Config {
	return &service.Config{
		Name: serviceName, DisplayName: serviceName,
		Description: "Nalicza punkty lojalnościowe za faktury z ERP i wysyła je do panelu. / Turns the ERP's invoices into loyalty points and sends them to the panel.",
		Executable:  p.exe, Arguments: []string{"service", "run", "--config", p.config}, UserName: p.account,
		Option: service.KeyValue{
			service.StartType: service.ServiceStartAutomatic, "DelayedAutoStart": true, "Password": p.password,
			service.OnFailure: service.OnFailureRestart, service.OnFailureDelayDuration: restartDelay, service.OnFailureResetPeriod: 86_400,
		},
	}
}

// elevated says whether this process may install services.
func elevated() error {
	if windows.GetCurrentProcessToken().IsElevated() {
		return nil
	}
	return &loyalty.Error{Code: loyalty.CodeForbidden, Message: "services belong to the administrator", Hint: "open the command prompt with Run as administrator"}
}

// check has nothing to refuse here.
func (p servicePlan) check() error { return nil }

// Accounts by their identifiers: their names depend on the language.
const (
	localSystem    = "*S-1-5-18"
	administrators = "*S-1-5-32-544"
)

// before has nothing to do: the virtual account comes with the service.
func (p servicePlan) before() [][]string { return nil }

// after are the commands that give the account its rights. The store's folder,
// where people's names are, and secrets are taken away from everybody else.
func (p servicePlan) after() [][]string {
	commands := [][]string{
		{"icacls", p.exe, "/grant", p.account + ":RX"},
		{"icacls", p.folder(), "/grant", p.account + ":(OI)(CI)RX"},
	}
	for i, folder := range p.folders {
		argv := []string{"icacls", folder, "/grant", p.account + ":(OI)(CI)M"}
		if i == 0 {
			argv = []string{"icacls", folder, "/inheritance:r", "/grant:r", localSystem + ":(OI)(CI)F", administrators + ":(OI)(CI)F", p.account + ":(OI)(CI)M"}
		}
		commands = append(commands, argv)
	}
	for _, secret := range p.secrets {
		commands = append(commands, []string{"icacls", secret, "/inheritance:r", "/grant:r", localSystem + ":F", administrators + ":F", p.account + ":R"})
	}
	return commands
}

// preshutdown is SERVICE_PRESHUTDOWN_INFO.
type preshutdown struct{ milliseconds uint32 }

// finishInstall lets Windows wait for a page when it shuts down: by default it
// waits for 10 s.
func finishInstall(servicePlan) error {
	m, err := mgr.Connect()
	if err != nil {
		return serviceError("change", err)
	}
	defer func() { _ = m.Disconnect() }()
	s, err := m.OpenService(serviceName)
	if err != nil {
		return serviceError("change", err)
	}
	defer func() { _ = s.Close() }()
	info := preshutdown{shutdownTime}
	//nolint:gosec // the call wants a pointer to the structure
	if err := windows.ChangeServiceConfig2(s.Handle, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, (*byte)(unsafe.Pointer(&info))); err != nil {
		return serviceError("change", err)
	}
	return nil
}

// describe lists what install does.
func (p servicePlan) describe() string {
	cfg := managed(p)
	var b strings.Builder
	fprintf(&b, "service      %s (%s)\ncommand      %s\naccount      %s\nstart        automatic, delayed\non failure   restart after %s\nstop         within 20 s, at shutdown too\n",
		cfg.Name, cfg.Description, shellLine(append([]string{cfg.Executable}, cfg.Arguments...)), p.account, restartDelay)
	for _, argv := range p.after() {
		fprintf(&b, "rights       %s\n", shellLine(argv))
	}
	return b.String()
}

// queryService asks the service manager with no more rights than it needs.
func queryService() (st serviceState, err error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return st, serviceError("describe", err)
	}
	defer func() { _ = windows.CloseServiceHandle(manager) }()
	name, err := windows.UTF16PtrFromString(serviceName)
	if err != nil {
		return st, serviceError("describe", err)
	}
	handle, err := windows.OpenService(manager, name, windows.SERVICE_QUERY_CONFIG|windows.SERVICE_QUERY_STATUS)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return st, notInstalled()
	} else if err != nil {
		return st, serviceError("describe", err)
	}
	s := &mgr.Service{Name: serviceName, Handle: handle}
	defer func() { _ = s.Close() }()
	status, err := s.Query()
	if err != nil {
		return st, serviceError("describe", err)
	}
	st.State = map[svc.State]string{
		svc.StartPending: "starting", svc.Running: "running", svc.StopPending: "stopping", svc.Stopped: "stopped",
	}[status.State]
	never := status.Win32ExitCode == uint32(windows.ERROR_SERVICE_NEVER_STARTED)
	if status.State == svc.Stopped && !never && (status.Win32ExitCode != 0 || status.ServiceSpecificExitCode != 0) {
		st.State = "failed"
	}
	st.PID, st.Since = int(status.ProcessId), started(status.ProcessId)
	command, err := commandLine(handle)
	if err != nil {
		return st, serviceError("describe", err)
	}
	if argv, err := windows.DecomposeCommandLine(command); err == nil && len(argv) > 0 {
		st.Config = filepath.Clean(argv[len(argv)-1])
	}
	return st, nil
}

// commandLine is what the service manager starts.
func commandLine(handle windows.Handle) (string, error) {
	var need uint32
	err := windows.QueryServiceConfig(handle, nil, 0, &need)
	if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) {
		return "", err
	}
	buffer := make([]byte, need)
	config := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buffer[0])) //nolint:gosec // the call fills it, with its texts behind it
	if err := windows.QueryServiceConfig(handle, config, need, &need); err != nil {
		return "", err
	}
	return windows.UTF16PtrToString(config.BinaryPathName), nil
}

// started is when a process began, nil when that cannot be known.
func started(pid uint32) *time.Time {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(process) }()
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(process, &created, &exited, &kernel, &user) != nil {
		return nil
	}
	at := time.Unix(0, created.Nanoseconds())
	return &at
}
