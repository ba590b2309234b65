package config

func platformNames(c *Config) []string {
	names := make([]string, len(c.Platforms))
	for i, p := range c.Platforms {
		names[i] = p.Name
	}
	return names
}

func jobNames(c *Config) []string {
	names := make([]string, len(c.Jobs))
	for i, j := range c.Jobs {
		names[i] = j.Name
	}
	return names
}

func (k checker) platforms() {
	panels := 0
	for i, p := range k.c.Platforms {
		path := at("platforms", i)
		k.between(path+".batch", p.Batch, 1, maxBatch)
		switch p.Kind {
		case PanelPlatform:
			if panels++; panels > 1 {
				k.faultAt(path+".kind", "a second embedded panel", "there is one; further platforms are of kind http")
			}
			k.noEffect(path, "with kind panel", map[string]bool{
				"url": !p.URL.IsZero(), "token": !p.Token.IsZero() && p.TokenFile == "", "token_file": p.TokenFile != "",
				"signing_key": !p.SigningKey.IsZero() && p.SigningKeyFile == "", "signing_key_file": p.SigningKeyFile != "",
			})
		case HTTPPlatform:
			if p.URL.IsZero() {
				k.faultAt(path+".url", "is missing", urlHint)
			} else {
				k.httpURL(path+".url", p.URL)
			}
			if p.Token.IsZero() {
				k.secretMissing(path, "token")
			}
		}
	}
}

func (k checker) job(j *Job, path string) {
	k.positive(path+".timeout", j.Timeout)
	k.between(path+".retries", j.Retries, 0, 100)
	k.schedule(j, path)
	k.refers(path+".source", "source", j.Source, sourceNames(k.c))
	k.refers(path+".program", "program", j.Program, programNames(k.c))
	seen := map[string]bool{}
	for i, name := range j.Platforms {
		k.refers(at(path+".platforms", i), "platform", name, platformNames(k.c))
		if seen[name] {
			k.faultAt(at(path+".platforms", i), k.quote(at(path+".platforms", i), name)+" is listed twice", "remove one")
		}
		seen[name] = true
	}
	k.reconcileJob(j, path)
	switch j.Kind {
	case ContractorsJob, PointsJob, SweepJob, ActivateJob, ReconcileJob:
		k.syncJob(j, path)
	case LapseJob:
		k.noEffect(path, "with kind lapse", map[string]bool{"source": j.Source != "", "to": j.To != "", "keep": j.Keep != 0})
	case BackupJob:
		if j.To == "" {
			k.faultAt(path+".to", "is missing", "to: the folder of the copies")
		}
		k.between(path+".keep", j.Keep, 1, 10000)
		k.noEffect(path, "with kind backup", map[string]bool{
			"source": j.Source != "", "program": j.Program != "", "platforms": len(j.Platforms) > 0,
		})
	}
}

// reconcileJob checks what jobs of the kind reconcile have, and others have not.
func (k checker) reconcileJob(j *Job, path string) {
	if j.Kind != ReconcileJob {
		k.noEffect(path, "with kind "+j.Kind, map[string]bool{"window": j.Window != 0, "fix": j.Fix})
		return
	}
	if _, said := k.places[path+".window"]; said {
		k.positive(path+".window", j.Window)
	}
	for i, name := range j.Platforms {
		for _, p := range k.c.Platforms {
			if p.Name == name && p.Kind == PanelPlatform {
				k.faultAt(at(path+".platforms", i), k.quote(at(path+".platforms", i), name)+" has nothing to compare", "the embedded panel reads the ledger itself: remove it")
			}
		}
	}
}

// syncJob checks a job that reads an ERP for a program.
func (k checker) syncJob(j *Job, path string) {
	for key, value := range map[string]string{"source": j.Source, "program": j.Program} {
		if value == "" {
			k.faultAt(join(path, key), "is missing", "a job of kind "+j.Kind+" needs source and program")
		}
	}
	k.noEffect(path, "with kind "+j.Kind, map[string]bool{"to": j.To != "", "keep": j.Keep != 0})
	known, joined, rules := false, false, true
	for _, s := range k.c.Sources {
		known = known || s.Name == j.Source
	}
	for _, m := range k.c.Mappings {
		joined = joined || m.Source == j.Source && m.Program == j.Program
	}
	knownProgram := false
	for _, p := range k.c.Programs {
		if p.Name == j.Program {
			knownProgram = true
			rules = len(p.Rules)+len(p.RuleSets) > 0
		}
	}
	if known && knownProgram && !joined {
		k.faultAt(path, "no mapping joins source "+k.quote(path+".source", j.Source)+" and program "+k.quote(path+".program", j.Program), "add one under mappings")
	}
	if j.Kind == PointsJob && !rules {
		k.faultAt(path+".program", "program "+k.quote(path+".program", j.Program)+" has no rules, so nothing earns points", "add them under programs, rules")
	}
}

// schedule allows one way of saying when, or none: by hand only.
func (k checker) schedule(j *Job, path string) {
	ways := 0
	for _, said := range []bool{len(j.Daily) > 0, j.Once != "", !j.Every.IsZero(), j.Cron != ""} {
		if said {
			ways++
		}
	}
	if ways > 1 {
		k.faultAt(path, "has several schedules", "keep one of daily, once, every and cron, or write a second job")
	}
	if p, said := k.places[path+".daily"]; said && len(j.Daily) == 0 && !p.set {
		k.faultAt(path+".daily", "names no time", `write for example ["18:30"], or remove the key`)
	}
	times := map[TimeOfDay]bool{}
	for i, t := range j.Daily {
		if times[t] && t != "" {
			k.faultAt(at(path+".daily", i), string(t)+" is listed twice", "remove one")
		}
		times[t] = true
	}
	days := map[Weekday]bool{}
	for i, w := range j.Weekdays {
		if days[w] && w != "" {
			k.faultAt(at(path+".weekdays", i), string(w)+" is listed twice", "remove one")
		}
		days[w] = true
	}
	if len(j.Weekdays) > 0 && len(j.Daily) == 0 {
		k.faultAt(path+".weekdays", "has no effect without daily", "write daily with the times, or remove it")
	}
	if j.Starting != "" && j.Every.IsZero() {
		k.faultAt(path+".starting", "has no effect without every", "write every, or remove it")
	}
	if _, said := k.places[path+".missed_within"]; said && j.Missed != "once" {
		k.faultAt(path+".missed_within", "has no effect with missed: "+j.Missed, "remove it, or write missed: once")
	}
	k.positive(path+".missed_within", j.MissedWithin)
}
