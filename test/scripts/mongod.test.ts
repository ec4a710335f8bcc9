import { expect } from 'chai';
import { Long, ObjectId, type Document } from 'mongodb';
import { collection, failure, times, useMongod } from './mongod-suite.ts';

describe('scripts/mongod, writing', () => {
  useMongod();
  describe('documents', documents);
  describe('updates', updates);
  describe('batches of writes', batches);
  describe('unique indexes', uniqueIndexes);
});

function documents(): void {
  it('gives back every type as it was stored', async () => {
    const document = {
      _id: new ObjectId(),
      int: 1,
      double: 1.5,
      long: Long.fromString('9007199254740993'),
      text: 'é\u{1f600}',
      nothing: null,
      date: new Date(1234567890123),
      list: [1, 'two', { three: 3 }],
      bytes: Buffer.from([1, 2, 3]),
    };
    await collection('types').insertOne(document);
    const found = await collection('types').findOne({}, { promoteLongs: false, promoteBuffers: true });
    expect(found?.long.equals(document.long)).to.equal(true);
    expect({ ...found, long: 0 }).to.deep.equal({ ...document, long: 0 });
  });

  it('stores, finds, replaces, counts and deletes', async () => {
    const people = collection('people');
    await people.insertMany(times(10, i => ({ _id: i, age: i * 10 })));
    expect(await people.find({ age: { $gte: 80 } }).toArray()).to.deep.equal([
      { _id: 8, age: 80 },
      { _id: 9, age: 90 },
    ]);
    await people.replaceOne({ _id: 1 }, { name: 'one' });
    expect(await people.findOne({ _id: 1 })).to.deep.equal({ _id: 1, name: 'one' });
    expect((await people.deleteMany({ age: { $lt: 50 } })).deletedCount).to.equal(4);
    expect(await people.countDocuments()).to.equal(6);
    expect(await people.distinct('age', { age: { $gt: 70 } })).to.have.members([80, 90]);
    expect(
      await people
        .find({}, { projection: { age: 1, _id: 0 } })
        .sort({ _id: -1 })
        .limit(1)
        .toArray(),
    ).to.deep.equal([{ age: 90 }]);
  });

  it('holds a document of 15 MB and refuses one above 16 MB', async () => {
    const text = 'x'.repeat(15_000_000);
    await collection('large').insertOne({ _id: 1, text });
    expect((await collection('large').findOne({ _id: 1 }))?.text.length).to.equal(text.length);
    const error = await failure(
      collection('large').insertOne({ _id: 2, text: text + text.slice(0, 3_000_000) }),
    );
    expect(error).to.be.instanceOf(Error);
    expect(await collection('large').countDocuments()).to.equal(1);
  });

  it('takes writes without an answer', async () => {
    await collection('silent').insertOne({ _id: 1 }, { writeConcern: { w: 0 } });
    await collection('silent').updateOne({ _id: 2 }, { $set: { a: 1 } }, { upsert: true });
    let found: Document[] = [];
    while (found.length < 2) found = await collection('silent').find().toArray();
    expect(found.map(({ _id }) => _id)).to.have.members([1, 2]);
  });

  it('deletes expired documents by a TTL index', async () => {
    await collection('expiring').createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await collection('expiring').insertMany([
      { _id: 'old', at: new Date(Date.now() - 60_000) },
      { _id: 'new', at: new Date(Date.now() + 60_000) },
    ]);
    let left: unknown[] = [];
    while (left.length !== 1) left = await collection('expiring').distinct('_id');
    expect(left).to.deep.equal(['new']);
  });
}

function updates(): void {
  it('applies $inc, $max, $setOnInsert, $push, $pull, $addToSet and $unset', async () => {
    const counters = collection('counters');
    const change: Document = {
      $inc: { n: 2 },
      $max: { top: 5 },
      $setOnInsert: { made: true },
      $push: { log: 'a' },
    };
    expect((await counters.updateOne({ _id: 1 }, change, { upsert: true })).upsertedId).to.equal(1);
    await counters.updateOne({ _id: 1 }, { ...change, $max: { top: 3 }, $setOnInsert: { made: false } });
    expect(await counters.findOne()).to.deep.equal({ _id: 1, n: 4, top: 5, made: true, log: ['a', 'a'] });
    const shrink: Document = { $pull: { log: 'a' }, $addToSet: { tags: 'x' }, $unset: { made: '' } };
    await counters.updateOne({ _id: 1 }, shrink);
    expect(await counters.findOne()).to.deep.equal({ _id: 1, n: 4, top: 5, log: [], tags: ['x'] });
  });

  it('updates array elements by position and by array filters', async () => {
    const lists = collection('lists');
    const list = [
      { k: 1, v: 0 },
      { k: 2, v: 0 },
    ];
    await lists.insertOne({ _id: 1, list });
    await lists.updateOne({ _id: 1, 'list.k': 2 }, { $inc: { 'list.$.v': 3 } });
    await lists.updateOne({ _id: 1 }, { $set: { 'list.$[e].v': 9 } }, { arrayFilters: [{ 'e.k': 1 }] });
    expect((await lists.findOne())?.list.map((e: Document) => e.v)).to.deep.equal([9, 3]);
  });

  it('updates by a pipeline', async () => {
    await collection('piped').insertOne({ _id: 1, list: [3, 4] });
    await collection('piped').updateOne({ _id: 1 }, [
      { $set: { sum: { $sum: '$list' } } },
      { $set: { double: { $multiply: ['$sum', 2] } } },
    ]);
    expect(await collection('piped').findOne()).to.deep.equal({ _id: 1, list: [3, 4], sum: 7, double: 14 });
  });

  it('finds and changes a document, before and after, with upsert', async () => {
    const found = collection('found');
    const change = { $inc: { n: 1 } };
    expect(await found.findOneAndUpdate({ _id: 1 }, change)).to.equal(null);
    expect(await found.findOneAndUpdate({ _id: 1 }, change, { upsert: true })).to.equal(null);
    expect(await found.findOneAndUpdate({ _id: 1 }, change)).to.deep.equal({ _id: 1, n: 1 });
    const after = await found.findOneAndUpdate({ _id: 1 }, change, { returnDocument: 'after', upsert: true });
    expect(after).to.deep.equal({ _id: 1, n: 3 });
    expect(await found.findOneAndDelete({ n: 3 })).to.deep.equal({ _id: 1, n: 3 });
    expect(await found.countDocuments()).to.equal(0);
  });

  it('reports a bad update with the code of MongoDB', async () => {
    await collection('bad').insertOne({ _id: 1, text: 'x' });
    expect((await failure(collection('bad').updateOne({ _id: 1 }, { $inc: { text: 1 } }))).code).to.equal(14);
    expect((await failure(collection('bad').updateOne({ _id: 1 }, { $set: { _id: 2 } }))).code).to.equal(66);
    expect((await failure(collection('bad').find({ $nonsense: 1 }).toArray())).code).to.equal(2);
  });
}

function batches(): void {
  it('stops an ordered insert at the first error and keeps what came before', async () => {
    const ids = [1, 2, 1, 3];
    const error = await failure(collection('ordered').insertMany(ids.map(_id => ({ _id }))));
    expect(error.code).to.equal(11000);
    expect(error.writeErrors).to.have.length(1);
    expect(error.writeErrors[0].index).to.equal(2);
    expect(await collection('ordered').distinct('_id')).to.have.members([1, 2]);
  });

  it('goes on after errors in an unordered insert', async () => {
    const documents = [1, 1, 2, 2, 3].map(_id => ({ _id }));
    const error = await failure(collection('unordered').insertMany(documents, { ordered: false }));
    expect(error.writeErrors.map((e: Document) => e.index)).to.deep.equal([1, 3]);
    expect(await collection('unordered').distinct('_id')).to.have.members([1, 2, 3]);
  });

  it('keeps the right documents of a large batch with an error in it', async () => {
    const documents = times(2000, i => ({ _id: i === 1500 ? 0 : i }));
    const error = await failure(collection('many').insertMany(documents));
    expect(error.writeErrors[0].index).to.equal(1500);
    expect(await collection('many').countDocuments()).to.equal(1500);
  });

  it('runs the operations of a bulk write in order', async () => {
    const result = await collection('bulk').bulkWrite([
      { insertOne: { document: { _id: 1 } } },
      { updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 } } } },
      { updateOne: { filter: { _id: 2 }, update: { $set: { a: 2 } }, upsert: true } },
      { replaceOne: { filter: { _id: 2 }, replacement: { b: 2 } } },
      { deleteOne: { filter: { _id: 1 } } },
    ]);
    expect(result).to.include({ insertedCount: 1, matchedCount: 2, upsertedCount: 1, deletedCount: 1 });
    expect(await collection('bulk').find().toArray()).to.deep.equal([{ _id: 2, b: 2 }]);
  });
}

function uniqueIndexes(): void {
  const message = 'E11000 duplicate key error collection: test.unique index: pair dup key: { a: 1, b: "x" }';

  before(async () => {
    await collection('unique').createIndex({ a: 1, b: 1 }, { name: 'pair', unique: true });
    await collection('unique').createIndex(
      { mail: 1 },
      { name: 'mail', unique: true, partialFilterExpression: { mail: { $exists: true } } },
    );
    await collection('unique').insertOne({ _id: 1, a: 1, b: 'x', mail: 'm' });
  });

  it('tell index, pattern and values of a duplicate insert', async () => {
    const error = await failure(collection('unique').insertOne({ a: 1, b: 'x' }));
    expect(error).to.include({ code: 11000, message });
    expect(error.keyPattern).to.deep.equal({ a: 1, b: 1 });
    expect(error.keyValue).to.deep.equal({ a: 1, b: 'x' });
  });

  it('tell them of a duplicate update and of findAndModify', async () => {
    await collection('unique').insertOne({ _id: 2, a: 2, b: 'x' });
    const update = await failure(collection('unique').updateOne({ _id: 2 }, { $inc: { a: -1 } }));
    expect(update.code).to.equal(11000);
    expect(update.keyPattern).to.deep.equal({ a: 1, b: 1 });
    const modify = await failure(collection('unique').findOneAndUpdate({ _id: 2 }, { $inc: { a: -1 } }));
    expect(modify).to.include({ code: 11000, message });
    expect(modify.keyValue).to.deep.equal({ a: 1, b: 'x' });
  });

  it('bind only the documents of their partial filter', async () => {
    await collection('unique').insertMany([{ a: 10 }, { a: 11 }]);
    const error = await failure(collection('unique').insertOne({ a: 12, mail: 'm' }));
    expect(error.keyValue).to.deep.equal({ mail: 'm' });
  });

  it('cannot be built over duplicates', async () => {
    await collection('doubled').insertMany([{ k: 5 }, { k: 5 }]);
    const error = await failure(collection('doubled').createIndex({ k: 1 }, { unique: true }));
    expect(error.code).to.equal(11000);
    expect(error.keyValue).to.deep.equal({ k: 5 });
    expect(await collection('doubled').indexes()).to.have.length(1);
  });

  it('are listed as they were made and can be dropped', async () => {
    const indexes = await collection('unique').indexes();
    expect(indexes).to.deep.include({ v: 2, key: { a: 1, b: 1 }, name: 'pair', unique: true });
    await collection('unique').dropIndex('mail');
    expect((await collection('unique').indexes()).map(index => index.name)).to.have.members(['_id_', 'pair']);
  });
}
