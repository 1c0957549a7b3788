export { checkDrift, type CheckDriftOptions } from './check-drift.ts'
export {
  changesCollector,
  type ChangesCollectorOptions,
  type NamedChange,
  parseChanges,
} from './collect/changes-collector.ts'
export {
  createHashCache,
  type HashCache,
  type HashCacheOptions,
  type HashedContent,
} from './collect/hash-cache.ts'
export { overlayCollector, type OverlayCollectorOptions } from './collect/overlay-collector.ts'
export { type Mount, parseMounts, readMounts } from './collect/read-mounts.ts'
export { rootCollector, type RootCollectorOptions } from './collect/root-collector.ts'
export { tarCollector, type TarCollectorOptions } from './collect/tar-collector.ts'
export type { AllowedContent, AllowedCount, AllowedDrift, AllowedMemory } from './drift/allowed-drift.ts'
export {
  compareFiles,
  type CompareFilesOptions,
  createFileComparer,
  type ExpectedCount,
  type FileComparer,
  type FileComparison,
} from './drift/compare-files.ts'
export type {
  DriftChange,
  DriftClass,
  DriftFinding,
  DriftFlag,
  DriftSeverity,
} from './drift/drift-finding.ts'
export {
  buildDriftReport,
  type DriftReport,
  type DriftReportParts,
  type DriftSubject,
} from './drift/drift-report.ts'
export type { ExpectedReason } from './drift/expected-paths.ts'
export { explainDrift, type ExplainDriftOptions } from './drift/explain-drift.ts'
export { FileBaseline } from './drift/file-baseline.ts'
export type { FileObservation, PresentFile, UnknownFile, UnknownReason } from './drift/file-observation.ts'
export { RuntimeError, type RuntimeErrorCode, type RuntimeErrorOptions } from './errors.ts'
export { type ImageBaseline, readBaseline, type ReadBaselineOptions } from './image/read-baseline.ts'
export { parseImageId, parseInspection, type RunningImage } from './image/running-image.ts'
export type { AttributeReader } from './ports/attribute-reader.ts'
export type { CollectOptions, DriftCollector } from './ports/drift-collector.ts'
export {
  judgeProcesses,
  type JudgeProcessesOptions,
  type ProcessFinding,
  type ProcessProblem,
} from './processes/judge-processes.ts'
export type {
  GivenFile,
  ObservedProcess,
  ProcessObservations,
  RunningFile,
  UnknownProcess,
} from './processes/observed-process.ts'
export { observeProcesses, type ObserveProcessesOptions } from './processes/observe-processes.ts'
