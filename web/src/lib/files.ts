// Files out of a drop, folders and their folders too.

function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => {
    const all: FileSystemEntry[] = []
    // The browser hands over some hundred at a time; an empty answer is the end.
    const next = () =>
      reader.readEntries((some) => {
        if (!some.length) {
          resolve(all)
          return
        }
        all.push(...some)
        next()
      }, reject)
    next()
  })
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))]
  }
  const entries = await readAll((entry as FileSystemDirectoryEntry).createReader())
  const parts = await Promise.all(entries.map(filesOf))
  return parts.flat()
}

export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // The entries have to be taken before the first await: the transfer is emptied after the event.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  if (!entries.length) return [...transfer.files]
  const parts = await Promise.all(entries.map((entry) => filesOf(entry)))
  return parts.flat()
}
