//! What a controller would read of the two kinds; the rest is not kept.
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::core::Object;
use serde::{Deserialize, Serialize};

pub type ReleaseChannel = Object<ChannelSpec, ChannelStatus>;
pub type Promotion = Object<PromotionSpec, PromotionStatus>;

macro_rules! fields {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        #[derive(Clone, Debug, Default, Deserialize, Serialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name { $(pub $field: $kind),* }
    };
}

fields!(ChannelSpec {
    artifacts: Vec<Artifact>,
    workloads: Vec<Workload>,
    autoscaling: Vec<Autoscaling>,
    routing: Option<Routing>,
});
fields!(Artifact { name: String, image: String });
fields!(Workload { kind: String, name: String, containers: BTreeMap<String, String> });
fields!(Autoscaling { workload: String, min_replicas: Option<i32>, max_replicas: i32 });
fields!(Routing { service: Option<Service> });
fields!(Service { name: String, workload: String, ports: Vec<Port> });
fields!(Port { name: Option<String>, port: i32, target_port: Option<i32> });

fields!(ChannelStatus {
    observed_generation: i64,
    current: Option<Stay>,
    desired: Option<Stay>,
    promotion: Option<String>,
    guard: Option<String>,
    verified: Vec<Verified>,
    history: Vec<Stay>,
    workloads: Vec<WorkloadStatus>,
    conditions: Vec<Condition>,
});
fields!(Digest { name: String, image: String, digest: String, tag: Option<String> });
fields!(Stay {
    image: Option<String>,
    release: String,
    artifacts: Vec<Digest>,
    promotion: String,
    since: Option<Time>,
    until: Option<Time>,
    result: Option<String>,
});
fields!(Verified { release: String, artifacts: Vec<Digest>, since: Option<Time>, stays: Vec<Period> });
fields!(Period { since: Option<Time>, until: Option<Time> });
fields!(WorkloadStatus { kind: String, name: String, desired: i32, ready: i32, image: String });

fields!(PromotionSpec { channel: String, artifacts: Vec<Asked>, requested_by: Option<String> });
fields!(Asked { name: String, digest: Option<String>, tag: Option<String> });
fields!(PromotionStatus {
    observed_generation: i64,
    phase: Option<String>,
    release: Option<Release>,
    previous: Option<Release>,
    steps: Vec<Step>,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    conditions: Vec<Condition>,
});
fields!(Release { id: String, artifacts: Vec<Digest> });
fields!(Step { name: String, started_at: Option<Time>, finished_at: Option<Time>, message: Option<String> });
