import { findAmbiguousKey } from '@sallyport/core'

/** Fields of manifests, descriptors and platforms that somebody acts on. */
const names = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
  'digest',
  'size',
  'urls',
  'data',
  'platform',
  'os',
  'architecture',
  'variant',
  'os.version',
  'os.features',
]

/**
 * Looks for what two readers would read differently in a manifest. Answers what is wrong.
 *
 * @param text The JSON text of `fields`, valid.
 */
export function findAmbiguousField(
  text: string,
  fields: Readonly<Record<string, unknown>>,
): string | undefined {
  return findAmbiguousKey(text, fields, [{ objects: objectsWithFields(fields), names }])
}

/** The manifest, its descriptors and their platforms; the keys of annotations and of unknown fields are free. */
function objectsWithFields(fields: Readonly<Record<string, unknown>>): readonly object[] {
  const { config, subject, layers, manifests } = fields
  const descriptors = [config, subject, ...listOf(layers), ...listOf(manifests)].filter(isObject)
  const platforms = descriptors.map((each) => (each as { platform?: unknown }).platform).filter(isObject)
  return [fields, ...descriptors, ...platforms]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
