//! What reflectors of kube-rs hold of the objects that Sluice watches: for memory and the time until all have synced.
//!
//! Streaming lists, the same selectors as Sluice, managedFields dropped before an object is stored. No controller and no leader election:
//! kube-rs has none of the latter. Says "synced" on standard output, then follows the watches until it is ended.
mod kinds;

use std::{fmt::Debug, future::Future, hash::Hash, pin::Pin};

use futures::{StreamExt, future::join_all};
use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    autoscaling::v2::HorizontalPodAutoscaler,
    batch::v1::CronJob,
    core::v1::{ConfigMap, Namespace, Pod, Service},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ApiResource, DynamicObject, GroupVersionKind},
    runtime::{
        WatchStreamExt, reflector,
        watcher::{self, watcher},
    },
};
use kinds::{Promotion, ReleaseChannel};
use serde::de::DeserializeOwned;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

type Ready = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Follows one kind for ever; the future that comes back is done when the kind has synced.
fn follow<K>(api: Api<K>, config: watcher::Config, kind: K::DynamicType) -> Ready
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Clone + Eq + Hash + Send + Sync + Unpin,
{
    let writer = reflector::store::Writer::<K>::new(kind);
    let reader = writer.as_reader();
    let mut stream = watcher(api, config.streaming_lists())
        .default_backoff()
        .modify(strip)
        .reflect(writer)
        .boxed();
    tokio::spawn(async move {
        while let Some(event) = stream.next().await {
            if let Err(error) = event {
                eprintln!("{error}");
            }
        }
    });
    Box::pin(async move { reader.wait_until_ready().await.expect("the watch goes on") })
}

fn strip<K: Resource>(object: &mut K) {
    object.managed_fields_mut().clear();
    object.annotations_mut().remove(LAST_APPLIED);
}

fn built_in<K>(client: &Client, config: watcher::Config) -> Ready
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    follow(Api::<K>::all(client.clone()), config, ())
}

/// A kind whose name and version are no part of its type.
fn named_kind<K>(client: &Client, group: &str, version: &str, kind: &str, config: watcher::Config) -> Ready
where
    K: Resource<DynamicType = ApiResource> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    follow(Api::<K>::all_with(client.clone(), &resource), config, resource)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::try_default().await?;
    let all = watcher::Config::default;
    let labelled = |text: &str| all().labels(text);
    let named = |name: &str| all().fields(&format!("metadata.name={name}"));
    let (workloads, made) = ("sluice.dev/channel", "app.kubernetes.io/managed-by=sluice");
    let (own, admission) = ("sluice.dev", "admissionregistration.k8s.io");
    let mut kinds = vec![
        named_kind::<ReleaseChannel>(&client, own, "v1alpha1", "ReleaseChannel", all()),
        named_kind::<Promotion>(&client, own, "v1alpha1", "Promotion", all()),
        named_kind::<DynamicObject>(&client, own, "v1alpha1", "ChannelStop", all()),
        built_in::<Deployment>(&client, labelled(workloads)),
        built_in::<StatefulSet>(&client, labelled(workloads)),
        built_in::<DaemonSet>(&client, labelled(workloads)),
        built_in::<CronJob>(&client, labelled(workloads)),
        built_in::<ConfigMap>(&client, named("sluice-pins")),
        built_in::<HorizontalPodAutoscaler>(&client, labelled(made)),
        built_in::<Service>(&client, labelled(made)),
        built_in::<Pod>(&client, labelled("sluice.dev/no-release=true")),
        built_in::<Namespace>(&client, labelled("sluice.dev/guard=off")),
    ];
    for (kind, name) in [("Mutating", "sluice-pin-guard"), ("Validating", "sluice-who-may")] {
        for part in ["", "Binding"] {
            let kind = format!("{kind}AdmissionPolicy{part}");
            kinds.push(named_kind::<DynamicObject>(&client, admission, "v1", &kind, named(name)));
        }
    }
    join_all(kinds).await;
    println!("synced");
    tokio::signal::ctrl_c().await?;
    Ok(())
}
