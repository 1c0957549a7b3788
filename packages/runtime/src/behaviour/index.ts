export {
  behaviourKinds,
  type BehaviourEvent,
  type BehaviourKind,
  type CapabilityEvent,
  type ConnectEvent,
  type EndpointProtocol,
  type EventAncestor,
  type EventContainer,
  type EventProcess,
  type EventTag,
  type ExecEvent,
  type GapEvent,
  type ListenEvent,
  type OpenEvent,
  type RuntimeEvent,
  type SyscallEvent,
} from './behaviour-event.ts'
export { type AppArmorOptions, exportAppArmorProfile } from './export/apparmor-profile.ts'
export {
  exportSeccompProfile,
  type SeccompOptions,
  type SeccompProfile,
  type SeccompRule,
} from './export/seccomp-profile.ts'
export { toUsageEvidence } from './export/usage-evidence.ts'
export {
  type BehaviourStatus,
  createJudge,
  type Judge,
  type JudgeOptions,
  type UnknownReason,
} from './judge/create-judge.ts'
export type { BehaviourFinding, FindingCode, FindingGrade } from './judge/finding.ts'
export type { ExecutableManifest } from './ports/executable-manifest.ts'
export { argumentShape } from './profile/argument-shape.ts'
export {
  compareProfiles,
  inheritProfile,
  type InheritOptions,
  type ProfileDiff,
  type ProfileDifference,
} from './profile/compare-profiles.ts'
export { createLearner, type Learner, type LearnerOptions, learnProfile } from './profile/learn-profile.ts'
export { mergeProfiles, profileLimits } from './profile/merge-profiles.ts'
export { formatProfile, parseProfile, profileDigest } from './profile/profile-document.ts'
export {
  createProfileStatement,
  profileMonitorType,
  readProfileStatement,
} from './profile/profile-statement.ts'
export { approveProfile, enforceProfile, proposeProfile, reopenProfile } from './profile/profile-states.ts'
export type {
  ApprovedProfile,
  BehaviourProfile,
  CandidateProfile,
  EnforcedProfile,
  LearningProfile,
  ProfileContent,
  ProfiledConnect,
  ProfiledExec,
  ProfiledListen,
  ProfiledName,
  ProfiledOpen,
  ProfiledRun,
  ProfileStep,
  RefusedExec,
  RunPhase,
} from './profile/profile.ts'
export { findMissingCoverage, type MissingCoverage, type SaturationOptions } from './profile/saturation.ts'
export type { EventSource, ReadEventsOptions } from './sources/event-source.ts'
export { readAuditdEvents } from './sources/read-auditd-events.ts'
export { readFalcoEvents } from './sources/read-falco-events.ts'
export { readInspektorGadgetEvents } from './sources/read-inspektor-gadget-events.ts'
export { readKubescapeEvents, type ReadKubescapeOptions } from './sources/read-kubescape-events.ts'
export { readStraceEvents, type ReadStraceEventsOptions } from './sources/read-strace-events.ts'
export { readTetragonEvents } from './sources/read-tetragon-events.ts'
