// Every write is a server-side apply with the same field manager.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sort"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingv2ac "k8s.io/client-go/applyconfigurations/autoscaling/v2"
	batchv1ac "k8s.io/client-go/applyconfigurations/batch/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	manager           = "sluice"
	managedByLabel    = "app.kubernetes.io/managed-by"
	appliedAnnotation = "sluice.dev/applied"
)

// errOldPin: a workload was admitted with the pin from before.
var errOldPin = errors.New("admitted with the old pin")

// statusApply is the apply configuration of the status of one of our own kinds.
type statusApply[T any] struct {
	metav1ac.TypeMetaApplyConfiguration    `json:",inline"`
	*metav1ac.ObjectMetaApplyConfiguration `json:"metadata,omitempty"`
	Status                                 *T `json:"status,omitempty"`
}

func (*statusApply[T]) IsApplyConfiguration() {}

func newStatusApply[T any](kind string, object client.Object, status *T) *statusApply[T] {
	a := &statusApply[T]{ObjectMetaApplyConfiguration: &metav1ac.ObjectMetaApplyConfiguration{}, Status: status}
	a.WithKind(kind).WithAPIVersion(groupVersion.String())
	a.WithName(object.GetName()).WithNamespace(object.GetNamespace()).WithUID(object.GetUID()).
		WithResourceVersion(object.GetResourceVersion())
	return a
}

func (r *reconciler) applyStatus(ctx context.Context, a runtime.ApplyConfiguration) error {
	return r.Status().Apply(ctx, a, client.FieldOwner(manager), client.ForceOwnership)
}

func (r *reconciler) apply(ctx context.Context, a runtime.ApplyConfiguration) error {
	return r.Client.Apply(ctx, a, client.FieldOwner(manager), client.ForceOwnership)
}

func (r *reconciler) execute(ctx context.Context, w *world, p *plan) error {
	if p.channelStatus != nil {
		if err := r.applyStatus(ctx, newStatusApply("ReleaseChannel", w.channel, p.channelStatus)); err != nil {
			return err
		}
	}
	for i := range p.promotionStatuses {
		one := &p.promotionStatuses[i]
		if err := r.applyStatus(ctx, newStatusApply("Promotion", one.promotion, &one.status)); err != nil {
			return err
		}
	}
	if p.pins != nil {
		if err := r.apply(ctx, pinsApply(w, p)); err != nil {
			return err
		}
	}
	for _, i := range p.pinned {
		if err := r.applyWorkload(ctx, w, i, p.target); err != nil {
			return err
		}
	}
	if err := r.applyMade(ctx, w); err != nil {
		return err
	}
	for _, e := range p.events {
		r.recorder.Eventf(e.promotion, nil, corev1.EventTypeNormal, e.reason, "Reconcile", "%s", e.note)
	}
	return nil
}

func pinsApply(w *world, p *plan) *corev1ac.ConfigMapApplyConfiguration {
	a := corev1ac.ConfigMap(pinsName, w.channel.Namespace).
		WithLabels(map[string]string{managedByLabel: "sluice", "sluice.dev/pins": "true"}).WithData(p.pins)
	if w.pins != nil {
		a.WithUID(w.pins.UID).WithResourceVersion(w.pins.ResourceVersion)
	}
	return a
}

// applyWorkload: the client puts the apiserver's answer into what it applied, so pod tells afterwards what was admitted. The pin guard
// reads its pins from an informer and may still hold the old ones; then nothing has changed, and no event will say so.
func (r *reconciler) applyWorkload(ctx context.Context, w *world, i int, target *ReleaseStay) error {
	spec, pod := &w.channel.Spec.Workloads[i], corev1ac.PodSpec()
	if err := r.apply(ctx, workloadApply(w, i, target, pod)); err != nil {
		return err
	}
	for k := range pod.Containers {
		name, image := ptr.Deref(pod.Containers[k].Name, ""), ptr.Deref(pod.Containers[k].Image, "")
		if artifact, is := spec.Containers[name]; is && image != imageOf(target.Artifacts, artifact) {
			return errOldPin
		}
	}
	return nil
}

func workloadApply(w *world, i int, target *ReleaseStay, pod *corev1ac.PodSpecApplyConfiguration) runtime.ApplyConfiguration {
	spec, live := &w.channel.Spec.Workloads[i], w.workloads[i]
	for container, artifact := range spec.Containers {
		pod.WithContainers(corev1ac.Container().WithName(container).WithImage(imageOf(target.Artifacts, artifact)))
	}
	template := corev1ac.PodTemplateSpec().WithSpec(pod)
	labels := map[string]string{channelLabel: w.channel.Name}
	namespace := w.channel.Namespace
	switch spec.Kind {
	case "Deployment":
		return appsv1ac.Deployment(spec.Name, namespace).WithUID(live.meta.UID).WithLabels(labels).
			WithSpec(appsv1ac.DeploymentSpec().WithTemplate(template))
	case "StatefulSet":
		return appsv1ac.StatefulSet(spec.Name, namespace).WithUID(live.meta.UID).WithLabels(labels).
			WithSpec(appsv1ac.StatefulSetSpec().WithTemplate(template))
	case "DaemonSet":
		return appsv1ac.DaemonSet(spec.Name, namespace).WithUID(live.meta.UID).WithLabels(labels).
			WithSpec(appsv1ac.DaemonSetSpec().WithTemplate(template))
	}
	return batchv1ac.CronJob(spec.Name, namespace).WithUID(live.meta.UID).WithLabels(labels).
		WithSpec(batchv1ac.CronJobSpec().WithJobTemplate(batchv1ac.JobTemplateSpec().WithSpec(batchv1ac.JobSpec().WithTemplate(template))))
}

func owner(channel *ReleaseChannel) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().WithAPIVersion(groupVersion.String()).WithKind("ReleaseChannel").WithName(channel.Name).
		WithUID(channel.UID).WithController(true).WithBlockOwnerDeletion(true)
}

// made is the metadata of what a channel makes.
func made(channel *ReleaseChannel, applied string) (labels, annotations map[string]string) {
	return map[string]string{managedByLabel: "sluice", channelLabel: channel.Name}, map[string]string{appliedAnnotation: applied}
}

func fingerprint(text string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16]
}

// applyMade applies the autoscalers and the Service that the channel asks for and that are not as planned.
func (r *reconciler) applyMade(ctx context.Context, w *world) error {
	for i := range w.channel.Spec.Autoscaling {
		if err := r.applyScaler(ctx, w.channel, &w.channel.Spec.Autoscaling[i]); err != nil {
			return err
		}
	}
	if w.channel.Spec.Routing == nil || w.channel.Spec.Routing.Service == nil {
		return nil
	}
	return r.applyService(ctx, w, w.channel.Spec.Routing.Service)
}

func scalerSummary(kind, name string, minimum *int32, maximum int32) string {
	return fmt.Sprintf("%s/%s min %d max %d", kind, name, max(1, value(minimum)), maximum)
}

func (r *reconciler) applyScaler(ctx context.Context, channel *ReleaseChannel, spec *Autoscaling) error {
	kind := ""
	for _, w := range channel.Spec.Workloads {
		if w.Name == spec.Workload && (w.Kind == "Deployment" || w.Kind == "StatefulSet") {
			kind = w.Kind
		}
	}
	live := &autoscalingv2.HorizontalPodAutoscaler{}
	is, err := r.get(ctx, channel.Namespace, spec.Workload, live)
	if err != nil {
		return err
	}
	summary := scalerSummary(kind, spec.Workload, spec.MinReplicas, spec.MaxReplicas)
	applied := fingerprint(summary + "  ")
	target := live.Spec.ScaleTargetRef
	if is && metav1.IsControlledBy(live, channel) && live.Annotations[appliedAnnotation] == applied &&
		scalerSummary(target.Kind, target.Name, live.Spec.MinReplicas, live.Spec.MaxReplicas) == summary {
		return nil
	}
	labels, annotations := made(channel, applied)
	body := autoscalingv2ac.HorizontalPodAutoscalerSpec().WithMaxReplicas(spec.MaxReplicas).
		WithScaleTargetRef(autoscalingv2ac.CrossVersionObjectReference().WithAPIVersion("apps/v1").WithKind(kind).WithName(spec.Workload))
	if spec.MinReplicas != nil {
		body.WithMinReplicas(*spec.MinReplicas)
	}
	return r.apply(ctx, autoscalingv2ac.HorizontalPodAutoscaler(spec.Workload, channel.Namespace).WithLabels(labels).
		WithAnnotations(annotations).WithOwnerReferences(owner(channel)).WithSpec(body))
}

func serviceSummary(selector map[string]string, ports []corev1.ServicePort) string {
	labels := make([]string, 0, len(selector))
	for key, text := range selector {
		labels = append(labels, key+"="+text)
	}
	sort.Strings(labels)
	texts := make([]string, 0, len(ports))
	for _, p := range ports {
		name := p.Name
		if name != "" {
			name += ":"
		}
		texts = append(texts, fmt.Sprintf("%s%d/%s/%s", name, p.Port, p.TargetPort.String(), p.Protocol))
	}
	return "selector " + strings.Join(labels, ",") + " ports " + strings.Join(texts, ",")
}

func (r *reconciler) applyService(ctx context.Context, w *world, spec *ServiceSpec) error {
	var target *workload
	for i := range w.channel.Spec.Workloads {
		if w.channel.Spec.Workloads[i].Name == spec.Workload && w.workloads[i] != nil && w.workloads[i].selector != nil {
			target = w.workloads[i]
		}
	}
	if target == nil {
		return nil
	}
	ports := make([]corev1.ServicePort, 0, len(spec.Ports))
	for _, p := range spec.Ports {
		number := p.TargetPort
		if number == 0 {
			number = p.Port
		}
		ports = append(ports, corev1.ServicePort{Name: p.Name, Port: p.Port, TargetPort: intstr.FromInt32(number), Protocol: corev1.ProtocolTCP})
	}
	live := &corev1.Service{}
	is, err := r.get(ctx, w.channel.Namespace, spec.Name, live)
	if err != nil {
		return err
	}
	summary := serviceSummary(target.selector.MatchLabels, ports)
	applied := fingerprint(summary)
	if is && metav1.IsControlledBy(live, w.channel) && live.Annotations[appliedAnnotation] == applied &&
		serviceSummary(live.Spec.Selector, live.Spec.Ports) == summary {
		return nil
	}
	labels, annotations := made(w.channel, applied)
	body := corev1ac.ServiceSpec().WithSelector(target.selector.MatchLabels)
	for _, p := range ports {
		port := corev1ac.ServicePort().WithPort(p.Port).WithTargetPort(p.TargetPort).WithProtocol(p.Protocol)
		if p.Name != "" {
			port.WithName(p.Name)
		}
		body.WithPorts(port)
	}
	return r.apply(ctx, corev1ac.Service(spec.Name, w.channel.Namespace).WithLabels(labels).WithAnnotations(annotations).
		WithOwnerReferences(owner(w.channel)).WithSpec(body))
}
