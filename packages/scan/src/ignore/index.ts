export { parseGrypeIgnore } from './parse-grype-ignore.ts'
export { type ParseIgnoreOptions, parseTrivyIgnore, parseTrivyIgnoreYaml } from './parse-trivy-ignore.ts'
