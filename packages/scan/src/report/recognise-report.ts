/** Forms of reports that {@link recogniseReport} knows. */
export type ReportForm =
  | 'artifact-analysis'
  | 'clair'
  | 'cyclonedx'
  | 'ecr'
  | 'grype'
  | 'harbor'
  | 'osv-scanner'
  | 'sarif'
  | 'snyk'
  | 'trivy'

type Fields = Readonly<Record<string, unknown>>

/** What tells each form from all others; whether a report keeps to its form is for its parser to say. */
const marks: readonly (readonly [ReportForm, (report: Fields) => boolean])[] = [
  ['cyclonedx', ({ bomFormat }) => bomFormat === 'CycloneDX'],
  ['sarif', ({ version, runs }) => typeof version === 'string' && Array.isArray(runs)],
  ['trivy', ({ SchemaVersion, ArtifactType }) => SchemaVersion !== undefined && ArtifactType !== undefined],
  [
    'grype',
    ({ matches, descriptor }) =>
      Array.isArray(matches) && isFields(descriptor) && descriptor['name'] === 'grype',
  ],
  ['osv-scanner', ({ results, image_metadata: image }) => Array.isArray(results) && isFields(image)],
  ['clair', ({ manifest_hash: hash, packages }) => typeof hash === 'string' && isFields(packages)],
  ['ecr', ({ imageScanStatus }) => isFields(imageScanStatus)],
  ['artifact-analysis', ({ occurrences }) => Array.isArray(occurrences)],
  [
    'harbor',
    ({ generated_at: at, artifact, scanner }) =>
      typeof at === 'string' && isFields(artifact) && isFields(scanner),
  ],
  ['snyk', ({ ok, packageManager }) => typeof ok === 'boolean' && typeof packageManager === 'string'],
]

/** The form of a parsed report, by what it is made of; `undefined` when it is none that is known, or fits two. */
export function recogniseReport(report: unknown): ReportForm | undefined {
  // Snyk prints a list where it found several projects in an image
  const whole: unknown = Array.isArray(report) ? report[0] : report
  if (!isFields(whole)) return undefined
  const forms = marks.filter(([, fits]) => fits(whole)).map(([form]) => form)
  const [form] = forms
  if (forms.length !== 1) return undefined
  const isPaged = form === 'snyk' || form === 'ecr' || form === 'artifact-analysis'
  return Array.isArray(report) && !isPaged ? undefined : form
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
