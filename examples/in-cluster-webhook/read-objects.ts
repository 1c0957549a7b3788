import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

/** An object of Kubernetes. */
export interface ClusterObject {
  readonly apiVersion: string
  readonly kind: string
}

/** The schema of a kind, as the API publishes it. */
interface Model {
  new (data: object): { validate(): void }
  readonly apiVersion: string
  readonly kind: string
}

/** Reads the objects of a folder, and fails unless the schema of its kind accepts each. Kustomizations are left out. */
export async function readObjects(
  folder: string,
  models: readonly { readonly apiVersion: string; readonly kind: string }[],
): Promise<readonly ClusterObject[]> {
  const objects: ClusterObject[] = []
  for (const file of (await readdir(folder)).filter(
    (name) => name.endsWith('.yaml') && name !== 'kustomization.yaml',
  )) {
    for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
      const object = document.toJS() as ClusterObject
      const model = models.find(
        ({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind,
      )
      if (model === undefined) throw new Error(`${file}: no schema of ${object.apiVersion} ${object.kind}`)
      new (model as Model)(object).validate()
      objects.push(object)
    }
  }
  return objects
}
