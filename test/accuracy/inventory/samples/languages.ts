import { readFolder, readSample, type Sample } from './sample.ts'
import type { Files } from '../write-layout.ts'

/** An image with installed packages of .NET, Python, Conda, PHP, Ruby and npm, each in a folder of its own. */
export function installedSample(): Sample {
  return {
    name: 'installed',
    files: { ...dotnet(), ...python(), ...conda(), ...composer(), ...gems(), ...npm(), ...modules() },
  }
}

/** An image with the lock files of all languages, and nothing of what they name. */
export function lockSample(): Sample {
  const folders = ['scalibr/lang', 'trivy/lang']
  const names: Readonly<Record<string, string>> = {
    bundler: 'Gemfile.lock',
    bunlock: 'bun.lock',
    cargo: 'Cargo.lock',
    cargolock: 'Cargo.lock',
    composer: 'composer.lock',
    composerlock: 'composer.lock',
    conanlock: 'conan.lock',
    gemfilelock: 'Gemfile.lock',
    gomod: 'go.mod',
    gradlelockfile: 'gradle.lockfile',
    mix: 'mix.lock',
    mixlock: 'mix.lock',
    mod: 'go.mod',
    npm: 'package-lock.json',
    packagelockjson: 'package-lock.json',
    packageresolved: 'Package.resolved',
    packagesconfig: 'packages.config',
    packageslockjson: 'packages.lock.json',
    pdmlock: 'pdm.lock',
    pipfilelock: 'Pipfile.lock',
    pnpm: 'pnpm-lock.yaml',
    pnpmlock: 'pnpm-lock.yaml',
    poetry: 'poetry.lock',
    poetrylock: 'poetry.lock',
    pomxml: 'pom.xml',
    pub: 'pubspec.lock',
    pubspec: 'pubspec.lock',
    renvlock: 'renv.lock',
    requirements: 'requirements.txt',
    swift: 'Package.resolved',
    uv: 'uv.lock',
    uvlock: 'uv.lock',
    yarn: 'yarn.lock',
    yarnlock: 'yarn.lock',
  }
  const files: Record<string, Buffer> = {}
  for (const folder of folders) {
    for (const [path, content] of Object.entries(readFolder(folder))) {
      const name = names[path.split('/')[1]!]
      if (name !== undefined) files[`srv/${path}.d/${name}`] = content
    }
  }
  return { name: 'lock files', files }
}

/** Each as the SDK writes it: under the name of the app. */
function dotnet(): Files {
  const sources = { trivy: 'trivy/deps-json', scalibr: 'scalibr/lang/dotnet/depsjson', syft: 'syft/dotnet' }
  const files: Record<string, Buffer> = {}
  for (const [source, folder] of Object.entries(sources)) {
    for (const [path, content] of Object.entries(readFolder(folder))) {
      if (path.endsWith('.lock.json')) continue
      const app = /"([\w.]+)\/[^"]*": \{\s*"type": "project"/.exec(content.toString())?.[1] ?? 'App'
      files[`dotnet/${source}/${path.replace('.deps.json', '')}/${app}.deps.json`] = content
    }
  }
  return files
}

/** The names under which Python's tools keep metadata. */
function python(): Files {
  const read = (name: string) => readSample(`scalibr/lang/python/wheelegg/${name}`)
  const site = 'python/lib/python3.11/site-packages'
  return {
    [`${site}/pip-22.2.2.dist-info/METADATA`]: read('distinfo_meta'),
    [`${site}/pycups-2.0.1.egg-info`]: read('egginfo'),
    [`${site}/setuptools-57.4.0-py3.9.egg-info/PKG-INFO`]: read('egginfo_pkginfo'),
    [`${site}/httplib2-0.20.4-py3.10.egg/EGG-INFO/PKG-INFO`]: read('pkginfo'),
    [`${site}/passlib-1.7.4.dist-info/METADATA`]: read('malformed_pkginfo'),
    [`${site}/mixed_case-1.0.dist-info/METADATA`]: read('mixed_case'),
    [`${site}/pyopenssl-26.0.0.dist-info/METADATA`]: read('pyopenssl-26.0.0.dist-info'),
    [`${site}/root-1.0.0.dist-info/METADATA`]: read('repeated_pkginfo'),
    [`${site}/backports.ssl_match_hostname-3.5.0.1.dist-info/METADATA`]: read('special_chars'),
    [`${site}/empty-1.0.dist-info/METADATA`]: read('empty'),
  }
}

/** Each as Conda writes it: under the name of the archive that it comes from. */
function conda(): Files {
  const files: Record<string, Buffer> = {}
  for (const [name, content] of Object.entries(readFolder('scalibr/lang/python/condameta'))) {
    files[`opt/conda/envs/${name}/conda-meta/jupyterlab-3.1.12-py39hf3db000.json`] = content
  }
  return files
}

/** `installed.json` as Composer writes it: the packages as they stand in its lock file, and where they are. */
function composer(): Files {
  const files: Record<string, string> = {}
  for (const path of [
    'scalibr/lang/php/composerlock/two-packages-alt.json',
    'scalibr/lang/php/composerlock/drupal-packages.json',
    'trivy/lang/php/composer/composer_happy.lock',
  ]) {
    const { packages } = JSON.parse(readSample(path).toString()) as {
      readonly packages: readonly { readonly name: string; readonly type?: string }[]
    }
    const installed = packages.map((one) => ({
      ...one,
      'install-path': one.type === 'metapackage' ? null : `../${one.name}`,
    }))
    const folder = `var/www/${path.split('/').at(-1)!.split('.')[0]}/vendor`
    files[`${folder}/composer/installed.json`] = JSON.stringify({
      packages: installed,
      dev: false,
      'dev-package-names': [],
    })
    for (const { name } of packages) files[`${folder}/${name}/src/index.php`] = '<?php\n'
  }
  return files
}

/** Specifications as RubyGems writes them when it installs, of the gems that a lock file names. */
function gems(): Files {
  const lock = readSample('scalibr/lang/ruby/gemfilelock/rails.lock').toString()
  const files: Record<string, string> = {}
  for (const [, name, version, platform] of lock.matchAll(/^ {4}(\S+) \(([^\s)-]+)(?:-([^\s)]+))?\)$/gm)) {
    const file = [name, version, platform].filter(Boolean).join('-')
    files[`usr/local/bundle/specifications/${file}.gemspec`] = `# -*- encoding: utf-8 -*-
# stub: ${name} ${version} ${platform ?? 'ruby'} lib

Gem::Specification.new do |s|
  s.name = "${name}".freeze
  s.version = "${version}"${platform ? `\n  s.platform = "${platform}".freeze` : ''}

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.licenses = ["MIT".freeze]
  s.installed_by_version = "3.2.22" if s.respond_to? :installed_by_version
end
`
  }
  return files
}

/** Manifests of an app's packages, in a folder of its own each. */
function npm(): Files {
  const files: Record<string, Buffer> = {}
  for (const [path, content] of Object.entries(readFolder('scalibr/lang/javascript/packagejson'))) {
    const folder = path.replaceAll('/', '-').replace(/(-package)?\.json$/, '')
    files[`app/${folder}/node_modules/sample/package.json`] = content
    files[`app/${folder}/package.json`] = content
  }
  return files
}

/** The `node_modules` that npm makes of a lock file. */
function modules(): Files {
  const files: Record<string, string> = {}
  const locks = [
    'scalibr/lang/javascript/packagelockjson/nested-dependencies.v2.json',
    'scalibr/lang/javascript/packagelockjson/scoped-packages.v2.json',
    'scalibr/lang/javascript/packagelockjson/alias.v2.json',
    'scalibr/lang/javascript/packagelockjson/bundled-dependencies.v3.json',
    'trivy/lang/nodejs/npm/package-lock_v3.json',
  ]
  for (const path of locks) {
    const { packages } = JSON.parse(readSample(path).toString()) as {
      readonly packages: Readonly<Record<string, { readonly name?: string; readonly version?: string }>>
    }
    const app = `srv/${path.split('/').at(-1)!.replace('.json', '')}`
    for (const [folder, one] of Object.entries(packages)) {
      const name = one.name ?? folder.split('node_modules/').at(-1)!
      if (folder === '' || one.version === undefined) continue
      files[`${app}/${folder}/package.json`] = JSON.stringify({ name, version: one.version })
    }
  }
  return files
}
