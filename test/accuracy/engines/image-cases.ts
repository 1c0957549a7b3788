import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScanTarget } from '@sallyport/scan'
import type { FileDescription } from '@sallyport/testkit'
import {
  agedStatus,
  debianSystem,
  distrolessSystem,
  minbaseStatus,
  readChangelogs,
  statusOf,
} from './debian-systems.ts'
import { plantedPackages } from './language-packages.ts'
import {
  auditProgram,
  buildGoProgram,
  plantComposer,
  plantGems,
  plantMaven,
  plantNpm,
  plantPypi,
  withFolders,
} from './plant-packages.ts'
import { targetOfImage, targetOfLayers } from './scanned-image.ts'

/** An image to scan, and the status file that its packages of Debian are listed in. */
export interface ImageCase {
  readonly target: ScanTarget
  readonly status: string
}

type Make = (directory: string) => Promise<ImageCase>

const layer =
  (files: Readonly<Record<string, FileDescription>>, status = '') =>
  async (directory: string) => ({
    target: await targetOfLayers([{ files }], directory),
    status,
  })

const real =
  (name: Parameters<typeof targetOfImage>[0], architecture?: string): Make =>
  async (directory) => {
    const target = await targetOfImage(name, directory, { architecture })
    return { target, status: await statusOf(target) }
  }

const program = async (path: string) =>
  withFolders({ 'usr/bin/app': { content: await readFile(path), mode: 0o755 } })

/** All images that the engines scan, by name. */
export const imageCases: Readonly<Record<string, Make>> = {
  minbase: (directory) => layer(debianSystem(minbaseStatus()), minbaseStatus())(directory),
  distroless: (directory) => {
    const { files, status } = distrolessSystem()
    return layer(files, status)(directory)
  },
  'web, aged': async (directory) => {
    const { status } = await real('web')(join(directory, 'web'))
    const aged = agedStatus(status, readChangelogs(), 5)
    return layer(debianSystem(aged), aged)(join(directory, 'aged'))
  },
  'web (a)': real('web'),
  'python (b)': real('python'),
  'node (c)': real('node'),
  'static (d)': real('static'),
  'multi (e), amd64': real('multi', 'amd64'),
  'multi (e), arm64': real('multi', 'arm64'),
  npm: (directory) => layer(plantNpm(plantedPackages.npm))(directory),
  PyPI: (directory) => layer(plantPypi(plantedPackages.pypi))(directory),
  Go: async (directory) => {
    await mkdir(join(directory, 'build'), { recursive: true })
    const path = await buildGoProgram(plantedPackages.golang, join(directory, 'build'))
    return layer(await program(path))(join(directory, 'layout'))
  },
  'crates.io': async (directory) => {
    await mkdir(join(directory, 'build'), { recursive: true })
    const path = await buildGoProgram({}, join(directory, 'build'))
    const audited = await auditProgram(plantedPackages.cargo, path, join(directory, 'build'))
    return layer(await program(audited))(join(directory, 'layout'))
  },
  Maven: async (directory) => {
    const files = await plantMaven(plantedPackages.maven, join(directory, 'jars'))
    return layer(files)(join(directory, 'layout'))
  },
  RubyGems: (directory) => layer(plantGems(plantedPackages.gem))(directory),
  Packagist: (directory) => layer(plantComposer(plantedPackages.composer))(directory),
}
