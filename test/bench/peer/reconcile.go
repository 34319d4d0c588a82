// Reads from the cache, decides, and applies what the plan says.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	pinsName     = "sluice-pins"
	guardName    = "sluice-pin-guard"
	whoMayName   = "sluice-who-may"
	channelLabel = "sluice.dev/channel"
	channelField = "spec.channel"
	oldPinRetry  = 100 * time.Millisecond // as Sluice does
)

type reconciler struct {
	client.Client
	recorder events.EventRecorder
	known    sync.Map // what the registry has, by knownKey
}

// knownKey: what one namespace may read says nothing about another.
func knownKey(namespace, repository, digest string) string {
	return namespace + " " + repository + "@" + digest
}

func isFinal(phase string) bool {
	return slices.Contains([]string{"Succeeded", "Failed", "Aborted", "Superseded"}, phase)
}

func emptyWorkload(kind string) client.Object {
	switch kind {
	case "Deployment":
		return &appsv1.Deployment{}
	case "StatefulSet":
		return &appsv1.StatefulSet{}
	case "DaemonSet":
		return &appsv1.DaemonSet{}
	}
	return &batchv1.CronJob{}
}

// get reads an object; false: it is not there.
func (r *reconciler) get(ctx context.Context, namespace, name string, object client.Object) (bool, error) {
	err := r.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, object)
	return err == nil, client.IgnoreNotFound(err)
}

// are says whether both a policy and its binding are there.
func (r *reconciler) are(ctx context.Context, name, kind string) (bool, error) {
	for _, k := range []string{kind, kind + "Binding"} {
		if is, err := r.get(ctx, "", name, partial("admissionregistration.k8s.io/v1", k)); !is || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *reconciler) gather(ctx context.Context, channel *ReleaseChannel) (*world, error) {
	w := &world{now: metav1.Now().Rfc3339Copy(), channel: channel, guard: "FieldOwnership", isKnown: func(repository, digest string) bool {
		_, ok := r.known.Load(knownKey(channel.Namespace, repository, digest))
		return ok
	}}
	var promotions PromotionList
	if err := r.List(ctx, &promotions, client.InNamespace(channel.Namespace), client.MatchingFields{channelField: channel.Name}); err != nil {
		return nil, err
	}
	for i := range promotions.Items {
		if p := &promotions.Items[i]; !isFinal(p.Status.Phase) && p.DeletionTimestamp == nil {
			w.promotions = append(w.promotions, p)
		}
	}
	sort.Slice(w.promotions, func(i, k int) bool {
		a, b := w.promotions[i], w.promotions[k]
		if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
			return a.CreationTimestamp.Before(&b.CreationTimestamp)
		}
		return a.Name < b.Name
	})
	for _, spec := range channel.Spec.Workloads {
		object := emptyWorkload(spec.Kind)
		is, err := r.get(ctx, channel.Namespace, spec.Name, object)
		if err != nil {
			return nil, err
		}
		if is {
			w.workloads = append(w.workloads, newWorkload(object))
		} else {
			w.workloads = append(w.workloads, nil)
		}
	}
	pins := &corev1.ConfigMap{}
	if is, err := r.get(ctx, channel.Namespace, pinsName, pins); err != nil {
		return nil, err
	} else if is {
		w.pins = pins
	}
	isOff, err := r.get(ctx, "", channel.Namespace, partial("v1", "Namespace"))
	if err != nil {
		return nil, err
	}
	guarded, err := r.are(ctx, guardName, "MutatingAdmissionPolicy")
	if err != nil {
		return nil, err
	}
	if guarded && !isOff {
		w.guard = "Enforced"
	}
	isThere, err := r.are(ctx, whoMayName, "ValidatingAdmissionPolicy")
	w.whoMayMissing = !isThere
	return w, err
}

// Reconcile looks at one channel.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	channel := &ReleaseChannel{}
	if is, err := r.get(ctx, request.Namespace, request.Name, channel); !is || err != nil {
		return ctrl.Result{}, err
	}
	w, err := r.gather(ctx, channel)
	if err != nil {
		return ctrl.Result{}, err
	}
	p := decide(w)
	err = r.execute(ctx, w, p)
	if apierrors.IsConflict(err) { // somebody was faster: what they wrote is on its way to the cache
		return ctrl.Result{RequeueAfter: 1}, nil
	}
	if errors.Is(err, errOldPin) {
		return ctrl.Result{RequeueAfter: oldPinRetry}, nil
	}
	if err == nil && len(p.lookUps) > 0 {
		return ctrl.Result{RequeueAfter: 1}, r.lookUp(ctx, channel.Namespace, p.lookUps)
	}
	return ctrl.Result{RequeueAfter: p.wake}, err
}

// lookUp asks the registry whether it has these digests.
func (r *reconciler) lookUp(ctx context.Context, namespace string, artifacts []ReleaseArtifact) error {
	for _, a := range artifacts {
		host, repository, _ := strings.Cut(a.Image, "/")
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, fmt.Sprintf("http://%s/v2/%s/manifests/%s", host, repository, a.Digest), nil)
		if err != nil {
			return err
		}
		request.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: the registry answered %s", a.Image, answer.Status)
		}
		r.known.Store(knownKey(namespace, a.Image, a.Digest), true)
	}
	return nil
}
