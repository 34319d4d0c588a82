// What one look at a channel calls for: the same rules, for what the benchmarks exercise, in the same order of writes.
package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	historyMax  = 20
	verifiedMax = 20
)

// workload is what a channel has to know of a Deployment, StatefulSet, DaemonSet or CronJob.
type workload struct {
	meta           *metav1.ObjectMeta
	kind           string
	template       *corev1.PodTemplateSpec
	selector       *metav1.LabelSelector
	desired, ready int32
	progress       string // what keeps its pods from all running the template; "" when nothing does
}

// world is what was read for one look.
type world struct {
	now           metav1.Time
	channel       *ReleaseChannel
	promotions    []*Promotion // unfinished, oldest first
	workloads     []*workload  // one for each of spec.workloads; nil: absent
	pins          *corev1.ConfigMap
	pinsUID       string
	guard         string
	whoMayMissing bool
	isKnown       func(repository, digest string) bool
}

type told struct {
	promotion    *Promotion
	reason, note string
}

// plan is what to write, in the order of its fields.
type plan struct {
	channelStatus     *ReleaseChannelStatus
	promotionStatuses []promotionWrite
	pins              map[string]string
	pinned            []int // indices of spec.workloads
	target            *ReleaseStay
	events            []told
	lookUps           []ReleaseArtifact
	wake              time.Duration
}

type promotionWrite struct {
	promotion *Promotion
	status    PromotionStatus
}

func newWorkload(object any) *workload {
	const unseen = "has not been looked at by its controller yet"
	switch o := object.(type) {
	case *appsv1.Deployment:
		w := &workload{meta: &o.ObjectMeta, kind: "Deployment", template: &o.Spec.Template, selector: o.Spec.Selector,
			desired: value(o.Spec.Replicas), ready: o.Status.ReadyReplicas}
		s := &o.Status
		if s.ObservedGeneration < o.Generation {
			w.progress = unseen
		} else if s.UpdatedReplicas < w.desired || s.Replicas > s.UpdatedReplicas || s.AvailableReplicas < s.UpdatedReplicas {
			w.progress = counts(s.UpdatedReplicas, w.desired, s.AvailableReplicas, s.Replicas)
		}
		return w
	case *appsv1.StatefulSet:
		w := &workload{meta: &o.ObjectMeta, kind: "StatefulSet", template: &o.Spec.Template, selector: o.Spec.Selector,
			desired: value(o.Spec.Replicas), ready: o.Status.ReadyReplicas}
		s := &o.Status
		if s.ObservedGeneration < o.Generation {
			w.progress = unseen
		} else if s.ReadyReplicas < w.desired || s.UpdatedReplicas < w.desired || s.CurrentRevision != s.UpdateRevision {
			w.progress = counts(s.UpdatedReplicas, w.desired, s.ReadyReplicas, s.Replicas)
		}
		return w
	case *appsv1.DaemonSet:
		w := &workload{meta: &o.ObjectMeta, kind: "DaemonSet", template: &o.Spec.Template, selector: o.Spec.Selector,
			desired: o.Status.DesiredNumberScheduled, ready: o.Status.NumberReady}
		s := &o.Status
		if s.ObservedGeneration < o.Generation {
			w.progress = unseen
		} else if s.UpdatedNumberScheduled < w.desired || s.NumberAvailable < w.desired {
			w.progress = counts(s.UpdatedNumberScheduled, w.desired, s.NumberAvailable, w.desired)
		}
		return w
	case *batchv1.CronJob: // its next Job takes the template as it is
		return &workload{meta: &o.ObjectMeta, kind: "CronJob", template: &o.Spec.JobTemplate.Spec.Template}
	}
	return nil
}

func value(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}

func counts(updated, desired, available, total int32) string {
	switch {
	case updated < desired:
		return fmt.Sprintf("has %d of %d pods updated", updated, desired)
	case available < desired:
		return fmt.Sprintf("has %d of %d updated pods available", available, desired)
	}
	return fmt.Sprintf("has old pods left: %d pods instead of %d", total, desired)
}

func (w *workload) image(container string) string {
	for i := range w.template.Spec.Containers {
		if w.template.Spec.Containers[i].Name == container {
			return w.template.Spec.Containers[i].Image
		}
	}
	return ""
}

func pinKey(spec *WorkloadSpec, container string) string {
	return spec.Kind + "." + spec.Name + "." + container
}

func imageOf(artifacts []ReleaseArtifact, name string) string {
	for i := range artifacts {
		if artifacts[i].Name == name {
			return artifacts[i].Image + "@" + artifacts[i].Digest
		}
	}
	return ""
}

// releaseID names a set of artifacts: the same set always has the same id.
func releaseID(artifacts []ReleaseArtifact) string {
	lines := make([]string, 0, len(artifacts))
	for _, a := range artifacts {
		lines = append(lines, a.Name+" "+a.Image+"@"+a.Digest+"\n")
	}
	sort.Strings(lines)
	return fmt.Sprintf("r-%x", sha256.Sum256([]byte(strings.Join(lines, ""))))[:12]
}

// decision is what one look works with.
type decision struct {
	*world
	plan    *plan
	status  *ReleaseChannelStatus
	target  *ReleaseStay
	running bool
	worst   string // what is furthest from running; "" when all run
	isMoved bool   // all workloads carry the target
}

// inspect compares the workloads with the target.
func (d *decision) inspect() {
	d.target = d.status.Desired
	if d.target == nil {
		d.target = d.status.Current
	}
	d.worst, d.isMoved = "", d.target != nil
	for i := range d.channel.Spec.Workloads {
		spec, w := &d.channel.Spec.Workloads[i], d.workloads[i]
		say := func(what string) string {
			return fmt.Sprintf("%s %s/%s %s", spec.Kind, d.channel.Namespace, spec.Name, what)
		}
		switch {
		case w == nil:
			d.worst, d.isMoved = say("does not exist"), false
		case d.target == nil:
			d.worst, d.isMoved = say("waits for the channel's first release"), false
		case !d.carriesTarget(spec, w):
			d.worst, d.isMoved = say("does not carry the release yet"), false
		case w.progress != "" && d.isMoved:
			d.worst = say(w.progress)
		}
	}
}

func (d *decision) carriesTarget(spec *WorkloadSpec, w *workload) bool {
	for container, artifact := range spec.Containers {
		image := imageOf(d.target.Artifacts, artifact)
		if image == "" || w.image(container) != image || d.pins == nil || d.pins.Data[pinKey(spec, container)] != image {
			return false
		}
	}
	return true
}

func decide(w *world) *plan {
	d := &decision{world: w, plan: &plan{}, status: w.channel.Status.DeepCopy()}
	d.status.Guard = w.guard
	d.inspect()
	for _, p := range w.promotions {
		status := p.Status.DeepCopy()
		status.ObservedGeneration, status.WaitingFor = p.Generation, nil
		if d.status.Desired != nil && d.status.Desired.Promotion == p.Name {
			d.follow(p, status)
		} else {
			d.consider(p, status)
		}
		d.conclude(p, status)
	}
	d.pin()
	d.compute()
	if len(d.plan.pins) > 0 || d.movesOn() || !equality.Semantic.DeepEqual(d.status, &w.channel.Status) {
		d.plan.channelStatus = d.status
	}
	d.plan.target = d.target
	return d.plan
}

// movesOn: the channel's status goes first where other writes follow from it.
func (d *decision) movesOn() bool {
	return slices.ContainsFunc(d.plan.promotionStatuses, func(w promotionWrite) bool {
		return w.status.Phase == "RollingOut" || w.status.Phase == "Succeeded"
	})
}

func step(status *PromotionStatus, name string, now *metav1.Time) *Step {
	for i := range status.Steps {
		if status.Steps[i].Name == name {
			return &status.Steps[i]
		}
	}
	status.Steps = append(status.Steps, Step{Name: name, StartedAt: now})
	return &status.Steps[len(status.Steps)-1]
}

func wait(status *PromotionStatus, phase, gate, message string, until *metav1.Time) {
	status.Phase = phase
	status.WaitingFor = []WaitingFor{{Gate: gate, Message: message, Until: until}}
}

// resolve turns what the promotion asks for into a release, or says what it waits for.
func (d *decision) resolve(p *Promotion, status *PromotionStatus) *Release {
	if status.Release != nil {
		return status.Release
	}
	s := step(status, "Resolve", &d.now)
	artifacts := make([]ReleaseArtifact, 0, len(d.channel.Spec.Artifacts))
	for _, a := range d.channel.Spec.Artifacts {
		for _, asked := range p.Spec.Artifacts {
			if asked.Name != a.Name {
				continue
			}
			found := ReleaseArtifact{Name: a.Name, Image: a.Image, Digest: asked.Digest}
			if !d.isKnown(a.Image, asked.Digest) {
				s.Message = fmt.Sprintf("asking the registry for %s@%s", a.Image, asked.Digest)
				wait(status, "Resolving", "Registry", s.Message, nil)
				d.plan.lookUps = append(d.plan.lookUps, found)
				return nil
			}
			artifacts = append(artifacts, found)
		}
	}
	release := &Release{ID: releaseID(artifacts), Artifacts: artifacts}
	s.Message, s.FinishedAt = release.ID, &d.now
	status.Release = release
	return release
}

func (d *decision) consider(p *Promotion, status *PromotionStatus) {
	release := d.resolve(p, status)
	if release == nil {
		return
	}
	if d.status.Desired != nil {
		wait(status, "Waiting", "Queue", "behind "+d.status.Desired.Promotion, nil)
		return
	}
	if slices.Contains(d.workloads, nil) {
		wait(status, "Waiting", "Workload", d.worst, nil)
		return
	}
	s := step(status, "Upstream", &d.now)
	s.FinishedAt, s.Message = &d.now, "entry channel"
	if d.status.Current != nil {
		status.Previous = &Release{ID: d.status.Current.Release, Artifacts: d.status.Current.Artifacts}
	}
	status.StartedAt = &d.now
	step(status, "RollOut", &d.now)
	d.status.Desired = &ReleaseStay{Image: labelOf(release), Release: release.ID, Artifacts: release.Artifacts, Promotion: p.Name, Since: &d.now}
	d.inspect()
	d.follow(p, status)
}

func labelOf(r *Release) string {
	return r.Artifacts[0].Digest[:len("sha256:")+12]
}

func (d *decision) follow(p *Promotion, status *PromotionStatus) {
	d.status.Promotion = p.Name
	if d.isMoved && d.worst == "" {
		d.succeed(p, status)
		return
	}
	d.running = true
	patience := d.channel.Spec.Rollout.ProgressDeadline.Duration
	if patience == 0 {
		patience = 10 * time.Minute
	}
	until := metav1.NewTime(status.StartedAt.Add(patience))
	wait(status, "RollingOut", "Rollout", d.worst, &until)
	d.plan.wake = until.Sub(d.now.Time)
}

func (d *decision) succeed(p *Promotion, status *PromotionStatus) {
	message := fmt.Sprintf("%s runs in %s/%s", status.Release.ID, d.channel.Namespace, d.channel.Name)
	old, now := d.status.Current, &d.now
	if old != nil && old.Release != status.Release.ID {
		gone := *old
		gone.Image, gone.Until, gone.Result = "", now, "Succeeded"
		d.status.History = append([]ReleaseStay{gone}, d.status.History[:min(len(d.status.History), historyMax-1)]...)
	}
	d.status.Current = d.status.Desired
	d.status.Current.Since = now
	if old != nil && old.Release == status.Release.ID {
		d.status.Current.Since = old.Since
	}
	d.status.Desired = nil
	d.mark()
	last := &status.Steps[len(status.Steps)-1]
	last.FinishedAt, last.Message = now, message
	status.Phase, status.FinishedAt, status.WaitingFor = "Succeeded", now, nil
	d.inspect()
}

// mark puts the current release first among the verified ones.
func (d *decision) mark() {
	entry := Verified{Release: d.status.Current.Release, Artifacts: d.status.Current.Artifacts, Since: &d.now}
	list := []Verified{entry}
	for _, v := range d.status.Verified {
		if v.Release == entry.Release {
			list[0] = v
		} else if len(list) < verifiedMax {
			list = append(list, v)
		}
	}
	d.status.Verified = list
}

func longest(stays []Stay) *Stay {
	var found *Stay
	for i := range stays {
		s := &stays[i]
		if s.Until != nil && (found == nil || s.Until.Sub(s.Since.Time) > found.Until.Sub(found.Since.Time)) {
			found = s
		}
	}
	return found
}

// keepStays: how long a verified release stayed; the stay that goes on, and the longest that is over.
func (d *decision) keepStays() {
	for i := range d.status.Verified {
		v := &d.status.Verified[i]
		present := slices.IndexFunc(v.Stays, func(s Stay) bool { return s.Until == nil })
		isStaying := d.status.Current != nil && v.Release == d.status.Current.Release
		past := longest(v.Stays)
		switch {
		case present >= 0 && !isStaying:
			ended := Stay{Since: v.Stays[present].Since, Until: &d.now}
			if past != nil && past.Until.Sub(past.Since.Time) >= ended.Until.Sub(ended.Since.Time) {
				ended = *past
			}
			v.Stays = []Stay{ended}
		case present < 0 && isStaying && d.status.Desired == nil:
			begun := Stay{Since: &d.now}
			if len(v.Stays) == 0 {
				begun.Since = d.status.Current.Since
				if begun.Since.Before(v.Since) {
					begun.Since = v.Since
				}
			}
			stays := []Stay{begun}
			if past != nil {
				stays = append(stays, *past)
			}
			v.Stays = stays
		}
	}
}

// conclude sets the promotion's conditions, and notes what has to be written and told.
func (d *decision) conclude(p *Promotion, status *PromotionStatus) {
	before := status.Conditions
	status.Conditions = nil
	set := func(kind string, is metav1.ConditionStatus, reason, message string) {
		status.Conditions = append(status.Conditions, metav1.Condition{Type: kind, Status: is, Reason: reason,
			Message: message, ObservedGeneration: p.Generation})
	}
	last := ""
	switch status.Phase {
	case "Succeeded":
		last = status.Steps[len(status.Steps)-1].Message
		set("Ready", metav1.ConditionTrue, "Succeeded", last)
		set("Succeeded", metav1.ConditionTrue, "Succeeded", last)
	default:
		reason := status.Phase
		if reason != "RollingOut" {
			reason = "WaitingFor" + status.WaitingFor[0].Gate
		}
		set("Ready", metav1.ConditionFalse, reason, status.WaitingFor[0].Message)
		set("Reconciling", metav1.ConditionTrue, status.Phase, status.WaitingFor[0].Message)
		last = status.WaitingFor[0].Message
	}
	keepTimes(status.Conditions, before, d.now)
	if equality.Semantic.DeepEqual(status, &p.Status) {
		return
	}
	d.plan.promotionStatuses = append(d.plan.promotionStatuses, promotionWrite{p, *status})
	if status.Phase == p.Status.Phase || status.Phase == "Resolving" {
		return
	}
	if status.Phase == "RollingOut" {
		last = "rolling out " + status.Release.ID
		if status.Previous != nil {
			last += " in the place of " + status.Previous.ID
		}
	}
	d.plan.events = append(d.plan.events, told{p, "Promotion" + status.Phase, last})
}

func keepTimes(conditions, before []metav1.Condition, now metav1.Time) {
	for i := range conditions {
		c := &conditions[i]
		c.LastTransitionTime = now
		if old := meta.FindStatusCondition(before, c.Type); old != nil && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
	}
}

// pin says which pins and which workloads have to change.
func (d *decision) pin() {
	if d.target == nil {
		return
	}
	own := map[string]string{}
	differs := false
	for i := range d.channel.Spec.Workloads {
		spec := &d.channel.Spec.Workloads[i]
		for container, artifact := range spec.Containers {
			key, image := pinKey(spec, container), imageOf(d.target.Artifacts, artifact)
			own[key] = image
			differs = differs || d.pins == nil || d.pins.Data[key] != image
		}
		if w := d.workloads[i]; w != nil && !d.carriesTarget(spec, w) {
			d.plan.pinned = append(d.plan.pinned, i)
		}
	}
	if !differs {
		return
	}
	if d.pins != nil {
		for key, image := range d.pins.Data { // of the namespace's other channels
			if _, isOwn := own[key]; !isOwn {
				own[key] = image
			}
		}
	}
	d.plan.pins = own
}

// compute fills in what the channel's status says whatever happened.
func (d *decision) compute() {
	s, c := d.status, d.channel
	s.ObservedGeneration = c.Generation
	s.Workloads = nil
	for i, w := range d.workloads {
		if w == nil {
			continue
		}
		images := make([]string, 0, 1)
		for container := range c.Spec.Workloads[i].Containers {
			images = append(images, container+"="+w.image(container))
		}
		sort.Strings(images)
		s.Workloads = append(s.Workloads, WorkloadStatus{Kind: w.kind, Name: w.meta.Name, Desired: w.desired, Ready: w.ready,
			Image: strings.Join(images, ",")})
	}
	d.keepStays()
	before := s.Conditions
	s.Conditions = nil
	set := func(kind string, is bool, reason, message string) {
		status := metav1.ConditionFalse
		if is {
			status = metav1.ConditionTrue
		}
		s.Conditions = append(s.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message,
			ObservedGeneration: c.Generation})
	}
	const none = "no release was promoted yet"
	switch {
	case d.target == nil:
		set("Ready", false, "NoRelease", none)
		set("Pinned", false, "NoRelease", none)
	case d.running:
		set("Ready", false, "RollingOut", d.target.Release+": "+d.worst)
	case d.worst != "":
		set("Ready", false, d.stateReason(), d.worst)
	default:
		set("Ready", true, "Running", d.target.Release+" runs")
	}
	if d.target != nil && d.isMoved {
		set("Pinned", true, "Pinned", "every workload carries "+d.target.Release)
	} else if d.target != nil {
		set("Pinned", false, d.stateReason(), d.worst)
	}
	if s.Current == nil {
		set("Verified", false, "NoRelease", none)
	} else {
		set("Verified", true, "RolledOut", s.Current.Release+" was rolled out completely")
	}
	if d.running {
		set("Reconciling", true, "RollingOut", d.worst)
	} else if d.target != nil && d.worst != "" {
		set("Reconciling", true, "Repairing", d.worst)
	}
	if d.whoMayMissing {
		set("AdmissionPolicyMissing", true, "WhoMayMissing", "the ValidatingAdmissionPolicy sluice-who-may is not installed: "+
			"everybody who may create Promotions may promote")
	}
	keepTimes(s.Conditions, before, d.now)
}

func (d *decision) stateReason() string {
	switch {
	case slices.Contains(d.workloads, nil):
		return "WorkloadMissing"
	case d.isMoved:
		return "RollingOut"
	}
	return "Pinning"
}
