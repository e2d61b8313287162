// Files from a drop, including nested folders.

function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => {
    const all: FileSystemEntry[] = []
    // Browsers return about a hundred at a time; an empty answer ends.
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
  // The transfer is emptied after the event: take entries before the first await.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  if (!entries.length) return [...transfer.files]
  const parts = await Promise.all(entries.map((entry) => filesOf(entry)))
  return parts.flat()
}
