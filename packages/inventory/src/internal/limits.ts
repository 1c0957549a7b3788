/** Largest package database that is read, in bytes. */
export const maxDatabaseBytes: number = 64 * 1024 * 1024
/** Largest list of files of one package that is read, in bytes. */
export const maxFileListBytes: number = 16 * 1024 * 1024
/** Largest manifest of one package that is read, in bytes. */
export const maxMetadataBytes: number = 4 * 1024 * 1024
/** Largest release file (os-release and the like) that is read, in bytes. */
export const maxReleaseBytes: number = 64 * 1024
/** Deepest nesting of JSON that is read. */
export const maxJsonDepth: number = 200
/** Most packages of one image. */
export const maxPackages: number = 200_000
/** Most gaps that are told one by one. */
export const maxGaps: number = 1_000
/** Largest SBOM that is read, in bytes. */
export const maxSbomBytes: number = 256 * 1024 * 1024
/** Most packages of one SBOM. */
export const maxSbomPackages: number = 500_000
/** Most warnings about one SBOM that are told one by one. */
export const maxSbomWarnings: number = 1_000
