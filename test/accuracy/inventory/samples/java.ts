import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeZip } from '../../databases/write-zip.ts'
import { readFolder, readSample, type Sample } from './sample.ts'

/** An image with Java archives: what is known of them are their manifests and Maven's files, not their classes. */
export async function makeJavaSample(folder: string): Promise<Sample> {
  const files: Record<string, Buffer> = {}
  await mkdir(folder, { recursive: true })
  const add = async (name: string, entries: ReadonlyMap<string, Uint8Array>) => {
    const path = join(folder, 'archive.zip')
    await writeZip(path, entries)
    files[name] = await readFile(path)
  }
  for (const [name, content] of Object.entries(readFolder('claircore/jar-manifest'))) {
    if (name.endsWith('.jar'))
      await add(`java/claircore/${name}`, new Map([['META-INF/MANIFEST.MF', content]]))
  }
  const trees = Object.entries(readFolder('syft/jar-metadata')).filter(([path]) => path.includes('META-INF'))
  const jars = new Map<string, Map<string, Uint8Array>>()
  for (const [path, content] of trees) {
    const [name, entry] = path.split('/META-INF/')
    const entries = jars.get(name!) ?? new Map<string, Uint8Array>()
    jars.set(name!, entries.set(`META-INF/${entry}`, content))
  }
  for (const [name, entries] of jars) {
    const isPlugin = name.startsWith('jenkins-plugins/')
    const file = isPlugin ? `${name.split('/')[1]}.hpi` : `${name}.jar`
    await add(`java/syft/${file}`, entries)
  }
  for (const [path, content] of Object.entries(readFolder('scalibr/lang/java/archive'))) {
    const [name, entry] = path.split('/')
    if (entry !== undefined) await add(`java/scalibr/${name}.jar`, new Map([[`META-INF/${entry}`, content]]))
    else if (path.endsWith('.jar') && path !== 'nested_at_100.jar') files[`java/scalibr/${path}`] = content
  }
  files['java/scalibr/nested_at_100.jar'] = readSample('scalibr/lang/java/archive/nested_at_100.jar')
  return { name: 'java archives', files }
}
