/** What the zip records of one file. */
export interface ZipEntry {
  readonly path: string;
  readonly executable: boolean;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly method: number;
  /** Where the local header begins in the archive. */
  readonly offset: number;
}

export const stored = 0;
export const deflated = 8;

/** Without the 64-bit extension an archive holds this much; a revision near it is a mistake. */
export const maxEntries = 65_534;
export const maxBytes = 0xffff_fffe;

// 1980-01-01 00:00:00, the earliest time the format knows: real times would make equal trees differ.
const dosDate = 0x0021;
const dosTime = 0;
const version = 20;
/** Unix in the upper byte: then the external attributes carry the file's mode. */
const madeBy = (3 << 8) | version;
/** Bit 11: names are UTF-8. */
const flags = 0x0800;
const regularFile = 0o100000;

export const localHeaderSize = (path: string) => 30 + Buffer.byteLength(path);

/** Local file header (APPNOTE.TXT 4.3.7). */
export function localHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.path);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(version, 4);
  writeShared(header, 6, entry, name.length);
  return Buffer.concat([header, name]);
}

/** Central directory header (APPNOTE.TXT 4.3.12). */
export function centralHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.path);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(madeBy, 4);
  header.writeUInt16LE(version, 6);
  writeShared(header, 8, entry, name.length);
  header.writeUInt32LE(((regularFile | (entry.executable ? 0o755 : 0o644)) << 16) >>> 0, 38);
  header.writeUInt32LE(entry.offset, 42);
  return Buffer.concat([header, name]);
}

/** What both headers hold in the same order: flags, method, time, date, checksum, sizes, length of the name. */
function writeShared(header: Buffer, at: number, entry: ZipEntry, nameLength: number): void {
  header.writeUInt16LE(flags, at);
  header.writeUInt16LE(entry.method, at + 2);
  header.writeUInt16LE(dosTime, at + 4);
  header.writeUInt16LE(dosDate, at + 6);
  header.writeUInt32LE(entry.crc, at + 8);
  header.writeUInt32LE(entry.compressedSize, at + 12);
  header.writeUInt32LE(entry.size, at + 16);
  header.writeUInt16LE(nameLength, at + 20);
}

/** End of central directory record (APPNOTE.TXT 4.3.16). */
export function endRecord(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
