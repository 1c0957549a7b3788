export { advisoryDatabaseAge, type AdvisoryDatabaseAge } from './advisory-database-age.ts'
export type { AdvisoryInput, AdvisoryInputLimits } from './advisory-input.ts'
export {
  buildAdvisoryDatabase,
  type BuildAdvisoryDatabaseOptions,
  type BuiltAdvisoryDatabase,
} from './build-advisory-database.ts'
export type { BuildProgress } from './build-progress.ts'
export {
  databaseTypes,
  packAdvisoryDatabase,
  type PackAdvisoryDatabaseOptions,
  type PackedAdvisoryDatabase,
} from './database-artifact.ts'
export type { DatabaseSource } from './database-meta.ts'
export { findAdvisoryDatabase, type FoundAdvisoryDatabase } from './find-advisory-database.ts'
export {
  type AdvisoryDatabase,
  openAdvisoryDatabase,
  type OpenAdvisoryDatabaseOptions,
} from './open-advisory-database.ts'
export {
  pullAdvisoryDatabase,
  type PullAdvisoryDatabaseOptions,
  type PulledAdvisoryDatabase,
} from './pull-advisory-database.ts'
export {
  pushAdvisoryDatabase,
  type PushAdvisoryDatabaseOptions,
  type PushedAdvisoryDatabase,
} from './push-advisory-database.ts'
export type { ArtifactSource, ArtifactTarget, PutArtifactOptions } from '../ports/artifact-repository.ts'
