import type { FileNode, FileTree } from '@sallyport/image'
import { isLayoutFolder } from './folder-files.ts'
import { isGenerated } from './ignored-paths.ts'

/** Folders that many packages put files into, each for itself: naming one says nothing of what is in it. */
const shared =
  /^\/etc\/(?:alternatives|apt|bash_completion\.d|ca-certificates|cron[^/]*|default|dpkg|fonts|init|init\.d|logrotate\.d|pam\.d|profile\.d|rc[^/]*\.d|rc\.d|security|selinux|skel|ssl|pki|systemd|terminfo|tmpfiles\.d|udev|update-motd\.d|xdg|X11|yum[^/]*|rpm|dnf|apk)(?:\/|$)/
const maxFiles = 500

/**
 * Configuration in a folder that a program or configuration names, such as `/etc/mysql/` or `!includedir /etc/my.cnf.d`:
 * the names of its files are made up when it is read. Links count by their own path.
 */
export function configurationIn(
  tree: FileTree,
  folder: string,
  isMeant: (path: string) => boolean = () => true,
): readonly string[] {
  const end = tree.resolve(folder)
  if (end?.type !== 'directory' || !end.path.startsWith('/etc/')) return []
  if (isLayoutFolder(end.path) || shared.test(end.path)) return []
  return tree
    .children(end.path)
    .filter((child) => isConfigurationFile(tree, child) && isMeant(child.path))
    .slice(0, maxFiles)
    .map(({ path }) => path)
}

const isConfigurationFile = (tree: FileTree, { path, type }: FileNode): boolean =>
  !isGenerated(path) && type !== 'directory' && tree.resolve(path)?.type === 'file'
