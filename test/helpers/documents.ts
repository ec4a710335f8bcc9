import { crc32 } from 'node:zlib';

/** Documents in the wrappings that office programs use, as small as they can be. */

/** A zip with these entries, not compressed. */
export function zip(entries: readonly [name: string, content: string][]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const [label, body] = [Buffer.from(name), Buffer.from(content)];
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(body), 10);
    head.writeUInt32LE(body.length, 14);
    head.writeUInt32LE(body.length, 18);
    head.writeUInt16LE(label.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, label, body]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, place, label]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

export const docx = (): Buffer =>
  zip([
    [
      '[Content_Types].xml',
      '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    ],
    ['word/document.xml', '<w:document/>'],
  ]);

/**
 * A compound file (OLE) with streams of these names. Its directory goes over several sectors that do not lie in a
 * row: their order is only in the allocation table.
 */
export function compound(names: readonly string[]): Buffer {
  const entries = ['Root Entry', ...names].map(directoryEntry);
  const sectors: Buffer[] = [];
  for (let at = 0; at < entries.length; at += 4) {
    const sector = Buffer.alloc(512);
    entries.slice(at, at + 4).forEach((entry, i) => entry.copy(sector, i * 128));
    sectors.push(sector);
  }
  const head = Buffer.alloc(512, 0xff);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(head);
  head.writeUInt16LE(9, 30);
  head.writeUInt32LE(1, 48);
  head.writeUInt32LE(0, 76);
  // Sector 0 is the table; the directory begins in 1 and goes on in 3, 5, and so on.
  const table = Buffer.alloc(512, 0xff);
  const body: Buffer[] = [table];
  sectors.forEach((sector, i) => {
    const place = 1 + 2 * i;
    table.writeUInt32LE(i === sectors.length - 1 ? 0xfffffffe : place + 2, place * 4);
    body[place] = sector;
    body[place + 1] = Buffer.alloc(512);
  });
  return Buffer.concat([head, ...body]);
}

function directoryEntry(name: string): Buffer {
  const entry = Buffer.alloc(128);
  entry.write(name, 'utf16le');
  entry.writeUInt16LE(2 * name.length + 2, 64);
  return entry;
}

export const hwp = (): Buffer =>
  compound(['FileHeader', 'DocInfo', 'BodyText', 'Section0', '\x05HwpSummaryInformation', 'BinData']);

export const pdf = (): Buffer =>
  Buffer.from(
    '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n',
    'latin1',
  );

/** A text in the charset of old Korean Windows: "안녕하세요". */
export const OLD_KOREAN = Buffer.from('bec8b3e7c7cfbcbcbfe4', 'hex');
