// The fields of the two kinds that the benchmarks exercise; what else there is passes through unread.
//
// +kubebuilder:object:generate=true
package main

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"
)

var (
	groupVersion  = schema.GroupVersion{Group: "sluice.dev", Version: "v1alpha1"}
	schemeBuilder = &scheme.Builder{GroupVersion: groupVersion}
)

func init() {
	schemeBuilder.Register(&ReleaseChannel{}, &ReleaseChannelList{}, &Promotion{}, &PromotionList{})
}

type Artifact struct {
	Name  string `json:"name"`
	Image string `json:"image"`
}

type WorkloadSpec struct {
	Kind       string            `json:"kind"`
	Name       string            `json:"name"`
	Containers map[string]string `json:"containers"`
}

type Autoscaling struct {
	Workload    string                                         `json:"workload"`
	MinReplicas *int32                                         `json:"minReplicas,omitempty"`
	MaxReplicas int32                                          `json:"maxReplicas"`
	Metrics     []autoscalingv2.MetricSpec                     `json:"metrics,omitempty"`
	Behavior    *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
}

type ServicePort struct {
	Name       string `json:"name,omitempty"`
	Port       int32  `json:"port"`
	TargetPort int32  `json:"targetPort,omitempty"`
}

type ServiceSpec struct {
	Name     string        `json:"name"`
	Workload string        `json:"workload"`
	Ports    []ServicePort `json:"ports"`
}

type Routing struct {
	Service *ServiceSpec `json:"service,omitempty"`
}

type Rollout struct {
	ProgressDeadline metav1.Duration `json:"progressDeadline,omitempty"`
}

type ReleaseChannelSpec struct {
	Artifacts   []Artifact     `json:"artifacts"`
	Workloads   []WorkloadSpec `json:"workloads"`
	Autoscaling []Autoscaling  `json:"autoscaling,omitempty"`
	Routing     *Routing       `json:"routing,omitempty"`
	Rollout     Rollout        `json:"rollout,omitempty"`
}

type ReleaseArtifact struct {
	Name   string `json:"name"`
	Image  string `json:"image"`
	Digest string `json:"digest"`
	Tag    string `json:"tag,omitempty"`
}

type ReleaseStay struct {
	Image     string            `json:"image,omitempty"`
	Release   string            `json:"release,omitempty"`
	Artifacts []ReleaseArtifact `json:"artifacts,omitempty"`
	Promotion string            `json:"promotion,omitempty"`
	Since     *metav1.Time      `json:"since,omitempty"`
	Until     *metav1.Time      `json:"until,omitempty"`
	Result    string            `json:"result,omitempty"`
}

type Stay struct {
	Since *metav1.Time `json:"since,omitempty"`
	Until *metav1.Time `json:"until,omitempty"`
}

type Verified struct {
	Release   string            `json:"release"`
	Artifacts []ReleaseArtifact `json:"artifacts,omitempty"`
	Since     *metav1.Time      `json:"since,omitempty"`
	Stays     []Stay            `json:"stays,omitempty"`
}

type WorkloadStatus struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Desired int32  `json:"desired"`
	Ready   int32  `json:"ready"`
	Image   string `json:"image,omitempty"`
}

type ReleaseChannelStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Current            *ReleaseStay       `json:"current,omitempty"`
	Desired            *ReleaseStay       `json:"desired,omitempty"`
	Promotion          string             `json:"promotion,omitempty"`
	Guard              string             `json:"guard,omitempty"`
	Verified           []Verified         `json:"verified,omitempty"`
	History            []ReleaseStay      `json:"history,omitempty"`
	Workloads          []WorkloadStatus   `json:"workloads,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// +kubebuilder:object:root=true
type ReleaseChannel struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ReleaseChannelSpec   `json:"spec,omitempty"`
	Status            ReleaseChannelStatus `json:"status,omitempty"`
}

// +kubebuilder:object:root=true
type ReleaseChannelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ReleaseChannel `json:"items"`
}

type PromotionArtifact struct {
	Name   string `json:"name"`
	Digest string `json:"digest,omitempty"`
}

type PromotionSpec struct {
	Channel   string              `json:"channel"`
	Artifacts []PromotionArtifact `json:"artifacts,omitempty"`
}

type Release struct {
	ID        string            `json:"id"`
	Artifacts []ReleaseArtifact `json:"artifacts,omitempty"`
}

type WaitingFor struct {
	Gate    string       `json:"gate"`
	Until   *metav1.Time `json:"until,omitempty"`
	Message string       `json:"message,omitempty"`
}

type Step struct {
	Name       string       `json:"name"`
	StartedAt  *metav1.Time `json:"startedAt,omitempty"`
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
	Message    string       `json:"message,omitempty"`
}

type PromotionStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Phase              string             `json:"phase,omitempty"`
	Release            *Release           `json:"release,omitempty"`
	Previous           *Release           `json:"previous,omitempty"`
	WaitingFor         []WaitingFor       `json:"waitingFor,omitempty"`
	Steps              []Step             `json:"steps,omitempty"`
	StartedAt          *metav1.Time       `json:"startedAt,omitempty"`
	FinishedAt         *metav1.Time       `json:"finishedAt,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// +kubebuilder:object:root=true
type Promotion struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              PromotionSpec   `json:"spec,omitempty"`
	Status            PromotionStatus `json:"status,omitempty"`
}

// +kubebuilder:object:root=true
type PromotionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Promotion `json:"items"`
}
