#include "domain/vocabulary.h"

#include <string.h>

static const char channel[] = "ReleaseChannel";
static const char promotion[] = "Promotion";

static const struct word words[] = {
	{ WORD_CONDITION, channel, "Ready", "The channel's release runs in all of its workloads." },
	{ WORD_CONDITION, channel, "Pinned", "Every workload carries the digests of the release that should run." },
	{ WORD_CONDITION, channel, "Verified", "The current release was rolled out completely here, and stood the verification if there is one; channels downstream may take it." },
	{ WORD_CONDITION, channel, "Reconciling", "Only while true: a rollout or a repair is under way." },
	{ WORD_CONDITION, channel, "Stalled", "Only while true: nothing goes on before somebody edits an object." },
	{ WORD_CONDITION, channel, "FieldConflict", "Only while true: another field manager keeps setting an image, and no policy stops it." },
	{ WORD_CONDITION, channel, "TagMoved", "Only while true: a tag that was promoted names another digest now; it is not followed." },
	{ WORD_CONDITION, channel, "IntakeFailed", "Only while true: the registry gives no usable answer to the intake; what runs goes on." },
	{ WORD_CONDITION, channel, "AutomationFailed", "Only while true: the promotion that automation wants cannot be created, or a finished one that is to go cannot be deleted; what runs goes on." },
	{ WORD_CONDITION, channel, "Stopped", "Only while true: a ChannelStop keeps rollouts from beginning here; the message says which, since when and why." },
	{ WORD_CONDITION, channel, "LeftOut", "Only while true: objects crashed the operator when it read them, and it goes on without them; the message names them." },
	{ WORD_CONDITION, channel, "AdmissionPolicyMissing", "Only while true: the policy on who may promote is not installed." },

	{ WORD_REASON, channel, "Running", "The release runs." },
	{ WORD_REASON, channel, "Suspended", "spec.suspended is true." },
	{ WORD_REASON, channel, "NoRelease", "Nothing was ever promoted into the channel." },
	{ WORD_REASON, channel, "RollingOut", "A promotion's rollout is under way." },
	{ WORD_REASON, channel, "Repairing", "A workload differs from what the channel runs and is being brought back." },
	{ WORD_REASON, channel, "RolloutFailed", "A rollout failed and was left as it is (onFailure Hold, or nothing ran before it)." },
	{ WORD_REASON, channel, "RolloutAborted", "A rollout was aborted before anything else had run here." },
	{ WORD_REASON, channel, "Pinned", "Every workload carries the release." },
	{ WORD_REASON, channel, "Pinning", "A workload does not carry the release yet." },
	{ WORD_REASON, channel, "WorkloadMissing", "A workload does not exist or cannot be read." },
	{ WORD_REASON, channel, "WorkloadUnusable", "A workload is being deleted, lacks a container, or belongs to another channel." },
	{ WORD_REASON, channel, "RolledOut", "The release was rolled out completely." },
	{ WORD_REASON, channel, "Verifying", "The release has been rolled out and is being measured." },
	{ WORD_REASON, channel, "Measured", "The release was rolled out completely and stood the verification." },
	{ WORD_REASON, channel, "Revoked", "The release lost its mark: its rollout or its verification failed." },
	{ WORD_REASON, channel, "NotVerified", "The release has no mark in this channel." },
	{ WORD_REASON, channel, "UpstreamCycle", "spec.upstream leads back to the channel itself; the message shows the way." },
	{ WORD_REASON, channel, "UpstreamArtifactsDiffer", "An upstream channel has other artifacts, or the same from another repository." },
	{ WORD_REASON, channel, "WorkloadClaimed", "An older channel of the namespace already pins the workload." },
	{ WORD_REASON, channel, "UnknownArtifact", "The spec names an artifact that spec.artifacts does not have." },
	{ WORD_REASON, channel, "UnknownWorkload", "The spec names a workload that spec.workloads does not have, or of a kind that does not fit." },
	{ WORD_REASON, channel, "InvalidIntake", "The version range or the regular expression cannot be read." },
	{ WORD_REASON, channel, "InvalidSignatureKey", "A ConfigMap of spec.gates.signatures.keys is missing, may not be read, or holds no usable key; the message names it. It is read again every 30 s." },
	{ WORD_REASON, channel, "InvalidPromotion", "spec.promotion does not fit the rest of the spec." },
	{ WORD_REASON, channel, "InvalidWindow", "A window of spec.gates.windows has a rule, a start or a time zone that cannot be read, or never occurs." },
	{ WORD_REASON, channel, "SelectorNotUsable", "The Service's workload selects its pods in a way that a Service cannot." },
	{ WORD_REASON, channel, "Applying", "An autoscaler or the Service could not be applied yet, or one that is no longer wanted not deleted; the message says which and why. It is tried again." },
	{ WORD_REASON, channel, "ApplyRefused", "The apiserver refused an autoscaler or the Service; the message names it and says why." },
	{ WORD_REASON, channel, "DeletionRefused", "The apiserver, or a webhook or policy that it asks, refused the deletion of an autoscaler, a Service, a pod without a release or a finished promotion; the message names it and says why." },
	{ WORD_REASON, channel, "DeletionUnanswered", "There is no usable answer to the deletion of a finished promotion; it is tried again." },
	{ WORD_REASON, channel, "FieldConflict", "Another field manager keeps setting an image; the message names it." },
	{ WORD_REASON, channel, "TakenBackTooOften", "The image was taken back five times within ten minutes." },
	{ WORD_REASON, channel, "TagMoved", "The message names the tag and both digests." },
	{ WORD_REASON, channel, "NoMatchingTag", "No tag of the repository satisfies spec.intake.tags." },
	{ WORD_REASON, channel, "RegistryDenied", "The registry refused the credentials (401, 403), or the pull secret cannot be used." },
	{ WORD_REASON, channel, "NotFound", "The repository, or the tag in one of the repositories, does not exist (404)." },
	{ WORD_REASON, channel, "RegistryBusy", "The registry asked to wait (429) or is overloaded (5xx)." },
	{ WORD_REASON, channel, "RegistryAnswer", "The registry's answer makes no sense: a wrong type, too large, a digest that lies." },
	{ WORD_REASON, channel, "RegistryUnreachable", "No connection, or no answer in time." },
	{ WORD_REASON, channel, "CreationRefused", "The apiserver, or a webhook or policy that it asks, refused the promotion; the message says why." },
	{ WORD_REASON, channel, "CreationUnanswered", "There is no usable answer to the creation of the promotion; it is tried again." },
	{ WORD_REASON, channel, "ChannelStop", "A ChannelStop names the channel." },
	{ WORD_REASON, channel, "Quarantined", "The operator crashed three times on the channel, on the promotion that runs, or on what LeftOut names, and leaves it alone; the message says since when and what ends that." },
	{ WORD_REASON, channel, "WhoMayMissing", "The ValidatingAdmissionPolicy sluice-who-may or its binding is missing." },

	{ WORD_EVENT, channel, "PromotionCreated", "Automatic mode created a promotion." },
	{ WORD_EVENT, channel, "HoldLifted", "Somebody lifted the hold; automation goes on." },
	{ WORD_EVENT, channel, "BuildsSuperseded", "Builds came so quickly that a newer one took the place of some before they were promoted." },
	{ WORD_EVENT, channel, "VerificationPassed", "A verification that somebody asked for ended well." },
	{ WORD_EVENT, channel, "VerificationFailed", "A verification that somebody asked for failed: the release has lost its mark." },
	{ WORD_EVENT, channel, "Stalled", "The condition Stalled became true." },
	{ WORD_EVENT, channel, "FieldConflict", "The condition FieldConflict became true." },
	{ WORD_EVENT, channel, "TagMoved", "The condition TagMoved became true." },
	{ WORD_EVENT, channel, "LeftOut", "The condition LeftOut became true." },
	{ WORD_EVENT, channel, "Quarantined", "The operator crashed three times when it looked at the channel or read it, and leaves it alone." },
	{ WORD_EVENT, channel, "IntakeFailed", "The condition IntakeFailed became true." },
	{ WORD_EVENT, channel, "AutomationFailed", "The condition AutomationFailed became true." },

	{ WORD_PHASE, promotion, "Pending", "Nothing is known yet of what is asked for: the channel or the source is missing." },
	{ WORD_PHASE, promotion, "Resolving", "The registry is asked for digests." },
	{ WORD_PHASE, promotion, "Waiting", "The release is known and fixed; a gate is closed." },
	{ WORD_PHASE, promotion, "RollingOut", "The pins are written; the pods follow." },
	{ WORD_PHASE, promotion, "Verifying", "All pods run the release; it is being measured." },
	{ WORD_PHASE, promotion, "Succeeded", "The release runs. Final." },
	{ WORD_PHASE, promotion, "Failed", "It will not happen; the condition Failed says why. Final." },
	{ WORD_PHASE, promotion, "Aborted", "Somebody set spec.abort; what had begun was taken back. Final." },
	{ WORD_PHASE, promotion, "Superseded", "Something newer took its place, or the same name ran before. Final." },

	{ WORD_GATE, promotion, "Channel", "The channel does not exist, or its spec cannot be followed." },
	{ WORD_GATE, promotion, "Source", "The channel or release that is asked for is not known (yet)." },
	{ WORD_GATE, promotion, "Registry", "The registry has not told the digest yet." },
	{ WORD_GATE, promotion, "Suspension", "spec.suspended of the channel is true." },
	{ WORD_GATE, promotion, "Hold", "Automation made the promotion, and is held by somebody's own choice (status.hold of the channel) or switched off." },
	{ WORD_GATE, promotion, "Stop", "A ChannelStop names the channel." },
	{ WORD_GATE, promotion, "Upstream", "The release is not verified upstream as spec.upstream asks. A rollback does not need it." },
	{ WORD_GATE, promotion, "Soak", "The release has not stayed upstream as long as spec.gates.soak asks; until says when it will have. A rollback does not need it." },
	{ WORD_GATE, promotion, "Window", "A Deny window is open, or no Allow window is; until says when the channel opens. A rollback waits for Deny windows only." },
	{ WORD_GATE, promotion, "Signature", "An artifact is not signed with as many of the keys as spec.gates.signatures asks for, or that is not known yet. It is looked for again every 30 s. Neither an approval nor an override opens it; a release that was here before under the same keys needs no new look." },
	{ WORD_GATE, promotion, "Workload", "A workload is missing, going, paused, or lacks a container." },
	{ WORD_GATE, promotion, "Queue", "Another promotion of the channel runs." },
	{ WORD_GATE, promotion, "Approval", "Fewer people have approved than spec.gates.approvals asks; asked only when all gates above are open. Until is the promotion's deadline. A rollback does not need it." },
	{ WORD_GATE, promotion, "Rollout", "The pods do not all run the release yet; until says when patience ends." },
	{ WORD_GATE, promotion, "Verification", "The metrics of spec.verification are being measured; until says when the last measurement is due." },

	{ WORD_CONDITION, promotion, "Ready", "True when the promotion has succeeded." },
	{ WORD_CONDITION, promotion, "Succeeded", "Only when true: the release runs." },
	{ WORD_CONDITION, promotion, "Failed", "Only when true: it ended without success (Failed, Aborted or Superseded)." },
	{ WORD_CONDITION, promotion, "Reconciling", "Only while true: it is not finished; the reason is its phase." },
	{ WORD_CONDITION, promotion, "Stalled", "Only when true: as Failed, in the word that kstatus knows." },

	{ WORD_REASON, promotion, "Pending", "As the phase." },
	{ WORD_REASON, promotion, "Resolving", "As the phase." },
	{ WORD_REASON, promotion, "Waiting", "As the phase." },
	{ WORD_REASON, promotion, "RollingOut", "As the phase." },
	{ WORD_REASON, promotion, "Verifying", "As the phase." },
	{ WORD_REASON, promotion, "Succeeded", "The release runs." },
	{ WORD_REASON, promotion, "WaitingForChannel", "Gate Channel is closed." },
	{ WORD_REASON, promotion, "WaitingForSource", "Gate Source is closed." },
	{ WORD_REASON, promotion, "WaitingForRegistry", "Gate Registry is closed." },
	{ WORD_REASON, promotion, "WaitingForSuspension", "Gate Suspension is closed." },
	{ WORD_REASON, promotion, "WaitingForHold", "Gate Hold is closed." },
	{ WORD_REASON, promotion, "WaitingForStop", "Gate Stop is closed." },
	{ WORD_REASON, promotion, "WaitingForUpstream", "Gate Upstream is closed." },
	{ WORD_REASON, promotion, "WaitingForSoak", "Gate Soak is closed." },
	{ WORD_REASON, promotion, "WaitingForWindow", "Gate Window is closed." },
	{ WORD_REASON, promotion, "WaitingForSignature", "Gate Signature is closed." },
	{ WORD_REASON, promotion, "WaitingForWorkload", "Gate Workload is closed." },
	{ WORD_REASON, promotion, "WaitingForQueue", "Gate Queue is closed." },
	{ WORD_REASON, promotion, "WaitingForApproval", "Gate Approval is closed." },
	{ WORD_REASON, promotion, "UnknownArtifact", "spec.artifacts names one that the channel does not have." },
	{ WORD_REASON, promotion, "ArtifactMissing", "spec.artifacts leaves one out, and the channel runs none that could stay." },
	{ WORD_REASON, promotion, "NothingToRollBackTo", "No release of the history fits spec.rollback.to." },
	{ WORD_REASON, promotion, "Rejected", "Somebody rejected it; the message says who and why." },
	{ WORD_REASON, promotion, "Aborted", "Somebody aborted it; the message says who, and what runs now." },
	{ WORD_REASON, promotion, "DeadlineExceeded", "spec.promotion.deadline of the channel passed while a gate was closed." },
	{ WORD_REASON, promotion, "ProgressDeadlineExceeded", "spec.rollout.progressDeadline passed before all pods ran the release." },
	{ WORD_REASON, promotion, "VerificationFailed", "What was measured after the rollout was not within its bounds; the message says which metric." },
	{ WORD_REASON, promotion, "Superseded", "A newer promotion started or came." },
	{ WORD_REASON, promotion, "Quarantined", "The operator crashed three times when it read the promotion, and goes on without it; the message says what ends that." },
	{ WORD_REASON, promotion, "RanBefore", "A promotion of this name is in the channel's history; it does not run twice." },

	{ WORD_EVENT, promotion, "PromotionWaiting", "A gate is closed; the note says which and why." },
	{ WORD_EVENT, promotion, "ApprovalNeeded", "All gates that need no human are open for the first time; people have to approve now." },
	{ WORD_EVENT, promotion, "PromotionRollingOut", "The rollout began." },
	{ WORD_EVENT, promotion, "PromotionVerifying", "All pods run the release; the measuring began." },
	{ WORD_EVENT, promotion, "PromotionSucceeded", "The release runs." },
	{ WORD_EVENT, promotion, "PromotionFailed", "It ended without success; the note says why." },
	{ WORD_EVENT, promotion, "PromotionAborted", "Somebody aborted it." },
	{ WORD_EVENT, promotion, "Quarantined", "The operator crashed three times when it read the promotion, and goes on without it." },
	{ WORD_EVENT, promotion, "PromotionSuperseded", "Something newer took its place." },
};

const struct word *vocabulary_word(size_t index)
{
	return index < sizeof(words) / sizeof(words[0]) ? &words[index] : NULL;
}

bool vocabulary_has(enum word_kind kind, const char *subject, const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].kind == kind && strcmp(words[i].subject, subject) == 0 &&
		    strcmp(words[i].name, name) == 0)
			return true;
	}
	return false;
}

const char *vocabulary_heading(enum word_kind kind)
{
	static const char *const headings[] = { "Conditions", "Reasons", "Gates", "Phases", "Events" };

	return headings[kind];
}
