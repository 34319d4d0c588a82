// An operator that does the same reconcile as Sluice for the same kinds, on controller-runtime: what Sluice is measured beside.
//
// Without --tuned it is what the documentation of controller-runtime advises: a cached client that reads its own writes,
// For, Owns and Watches, predicates, server-side apply. With --tuned the caches hold less: no managedFields, only objects with the labels
// that matter, and metadata alone where that is enough.
package main

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"sync/atomic"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager/signals"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func partial(apiVersion, kind string) *metav1.PartialObjectMetadata {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(schema.FromAPIVersionAndKind(apiVersion, kind))
	return object
}

// ownChannel: the object's label names its channel.
func ownChannel(_ context.Context, object client.Object) []reconcile.Request {
	name := object.GetLabels()[channelLabel]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: name}}}
}

func promotedChannel(_ context.Context, object client.Object) []reconcile.Request {
	name := object.(*Promotion).Spec.Channel
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: name}}}
}

// channelsOf: all channels of a namespace; "": all there are.
func channelsOf(c client.Client, namespace string) []reconcile.Request {
	var list ReleaseChannelList
	if err := c.List(context.Background(), &list, client.InNamespace(namespace)); err != nil {
		return nil
	}
	requests := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}

// hasChanged lets through what differs in what a reconcile reads of a workload, an autoscaler or a Service.
func hasChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		if e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
			!equality.Semantic.DeepEqual(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) ||
			!equality.Semantic.DeepEqual(e.ObjectOld.GetAnnotations(), e.ObjectNew.GetAnnotations()) {
			return true
		}
		switch o := e.ObjectOld.(type) {
		case *autoscalingv2.HorizontalPodAutoscaler:
			return !equality.Semantic.DeepEqual(o.Spec, e.ObjectNew.(*autoscalingv2.HorizontalPodAutoscaler).Spec)
		case *corev1.Service:
			return !equality.Semantic.DeepEqual(o.Spec, e.ObjectNew.(*corev1.Service).Spec)
		case *batchv1.CronJob:
			return false
		}
		a, b := newWorkload(e.ObjectOld), newWorkload(e.ObjectNew)
		return a.progress != b.progress || a.ready != b.ready || a.desired != b.desired
	}}
}

// strip leaves out what no reconcile reads.
func strip(object any) (any, error) {
	if o, ok := object.(client.Object); ok {
		o.SetManagedFields(nil)
		if annotations := o.GetAnnotations(); annotations["kubectl.kubernetes.io/last-applied-configuration"] != "" {
			delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
			o.SetAnnotations(annotations)
		}
	}
	switch o := object.(type) {
	case *appsv1.Deployment:
		stripTemplate(&o.Spec.Template)
		o.Status.Conditions = nil
	case *appsv1.StatefulSet:
		stripTemplate(&o.Spec.Template)
		o.Spec.VolumeClaimTemplates, o.Status.Conditions = nil, nil
	case *appsv1.DaemonSet:
		stripTemplate(&o.Spec.Template)
		o.Status.Conditions = nil
	case *batchv1.CronJob:
		stripTemplate(&o.Spec.JobTemplate.Spec.Template)
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	}
	return object, nil
}

func stripTemplate(template *corev1.PodTemplateSpec) {
	containers := make([]corev1.Container, 0, len(template.Spec.Containers))
	for _, c := range template.Spec.Containers {
		containers = append(containers, corev1.Container{Name: c.Name, Image: c.Image})
	}
	template.ObjectMeta = metav1.ObjectMeta{}
	template.Spec = corev1.PodSpec{Containers: containers}
}

func must(err error) {
	if err != nil {
		ctrl.Log.Error(err, "cannot start")
		os.Exit(1)
	}
}

func field(text string) fields.Selector { return fields.ParseSelectorOrDie(text) }

func label(text string) labels.Selector {
	selector, err := labels.Parse(text)
	must(err)
	return selector
}

// cached says what the caches hold. By name where RBAC gives rights to one name only.
func cached(isTuned bool) cache.Options {
	const policies = "admissionregistration.k8s.io/v1"
	options := cache.Options{ByObject: map[client.Object]cache.ByObject{
		&corev1.ConfigMap{}:                                   {Field: field("metadata.name=" + pinsName)},
		partial("v1", "Namespace"):                            {Label: label("sluice.dev/guard=off")},
		partial("v1", "Pod"):                                  {Label: label("sluice.dev/no-release=true")},
		partial(policies, "MutatingAdmissionPolicy"):          {Field: field("metadata.name=" + guardName)},
		partial(policies, "MutatingAdmissionPolicyBinding"):   {Field: field("metadata.name=" + guardName)},
		partial(policies, "ValidatingAdmissionPolicy"):        {Field: field("metadata.name=" + whoMayName)},
		partial(policies, "ValidatingAdmissionPolicyBinding"): {Field: field("metadata.name=" + whoMayName)},
	}}
	if !isTuned {
		return options
	}
	options.DefaultTransform = toolscache.TransformFunc(strip)
	ofChannels, isMade := cache.ByObject{Label: label(channelLabel)}, cache.ByObject{Label: label(managedByLabel + "=sluice")}
	for _, object := range []client.Object{&appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{}, &batchv1.CronJob{}} {
		options.ByObject[object] = ofChannels
	}
	options.ByObject[&autoscalingv2.HorizontalPodAutoscaler{}] = isMade
	options.ByObject[&corev1.Service{}] = isMade
	return options
}

func build(manager ctrl.Manager, r *reconciler, workers int) error {
	c := manager.GetClient()
	ofNamespace := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		return channelsOf(c, o.GetName())
	})
	all := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request { return channelsOf(c, "") })
	own := handler.EnqueueRequestsFromMapFunc(ownChannel)
	changed, edited := builder.WithPredicates(hasChanged()), builder.WithPredicates(predicate.GenerationChangedPredicate{})
	isWarm := true
	b := ctrl.NewControllerManagedBy(manager).Named("channel").
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, EnableWarmup: &isWarm}).
		For(&ReleaseChannel{}, edited).
		Owns(&autoscalingv2.HorizontalPodAutoscaler{}, changed).
		Owns(&corev1.Service{}, changed).
		Watches(&Promotion{}, handler.EnqueueRequestsFromMapFunc(promotedChannel), edited)
	for _, object := range []client.Object{&appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{}, &batchv1.CronJob{}} {
		b = b.Watches(object, own, changed)
	}
	b = b.WatchesMetadata(partial("v1", "Namespace"), ofNamespace, edited).
		WatchesMetadata(partial("v1", "Pod"), own, edited).
		WatchesMetadata(partial(groupVersion.String(), "ChannelStop"), all, edited)
	for _, kind := range []string{"MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"} {
		b = b.WatchesMetadata(partial("admissionregistration.k8s.io/v1", kind), all, edited).
			WatchesMetadata(partial("admissionregistration.k8s.io/v1", kind+"Binding"), all, edited)
	}
	return b.Complete(r)
}

// watched is all that build has watched. The informers are asked for before the start: those that the cache does not know yet,
// because their controller begins later, it does not wait for.
func watched() []client.Object {
	objects := []client.Object{&ReleaseChannel{}, &Promotion{}, &autoscalingv2.HorizontalPodAutoscaler{}, &corev1.Service{},
		&appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{}, &batchv1.CronJob{},
		partial("v1", "Namespace"), partial("v1", "Pod"), partial(groupVersion.String(), "ChannelStop")}
	for _, kind := range []string{"MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"} {
		objects = append(objects, partial("admissionregistration.k8s.io/v1", kind), partial("admissionregistration.k8s.io/v1", kind+"Binding"))
	}
	return objects
}

// syncing says when all caches have synced.
type syncing struct {
	cache  cache.Cache
	isDone atomic.Bool
}

func (s *syncing) Start(ctx context.Context) error {
	s.isDone.Store(s.cache.WaitForCacheSync(ctx))
	return nil
}

func (s *syncing) NeedLeaderElection() bool { return false }

func (s *syncing) check(*http.Request) error {
	if !s.isDone.Load() {
		return errors.New("the caches have not synced")
	}
	return nil
}

func main() {
	isTuned := flag.Bool("tuned", false, "hold less in the caches")
	workers := flag.Int("workers", 1, "reconciles at once")
	metrics := flag.String("metrics-bind-address", ":8080", "where /metrics is")
	probes := flag.String("health-probe-bind-address", ":8081", "where /healthz and /readyz are")
	identity := flag.String("namespace", "sluice-system", "namespace of the Lease")
	flag.Parse()
	ctrl.SetLogger(zap.New(zap.UseDevMode(false)))

	scheme := clientgoscheme.Scheme
	must(schemeBuilder.AddToScheme(scheme))
	isConsistent := true
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                        scheme,
		Cache:                         cached(*isTuned),
		Client:                        client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: &isConsistent}},
		Metrics:                       metricsserver.Options{BindAddress: *metrics},
		HealthProbeBindAddress:        *probes,
		LeaderElection:                true,
		LeaderElectionID:              "sluice",
		LeaderElectionNamespace:       *identity,
		LeaderElectionReleaseOnCancel: true,
	})
	must(err)
	ctx := signals.SetupSignalHandler()
	must(manager.GetFieldIndexer().IndexField(ctx, &Promotion{}, channelField, func(o client.Object) []string {
		return []string{o.(*Promotion).Spec.Channel}
	}))
	r := &reconciler{Client: manager.GetClient(), recorder: manager.GetEventRecorder("sluice")}
	must(build(manager, r, *workers))
	for _, object := range watched() {
		_, err = manager.GetCache().GetInformer(ctx, object)
		must(err)
	}
	synced := &syncing{cache: manager.GetCache()}
	must(manager.Add(synced))
	must(manager.AddReadyzCheck("sync", synced.check))
	must(manager.AddHealthzCheck("ping", healthz.Ping))
	must(manager.Start(ctx))
}
