import { expect } from 'chai';
import { Long, type Document } from 'mongodb';
import mongoose from 'mongoose';
import { collection, database, failure, times, useMongod } from './mongod-suite.ts';

describe('scripts/mongod, reading and together', () => {
  useMongod();
  describe('cursors and pipelines', cursors);
  describe('concurrent clients', concurrency);
  describe('commands about the server', commands);
  describe('query plans', plans);
  describe('mongoose', models);
});

function cursors(): void {
  before(async () => {
    await collection('numbers').insertMany(times(3000, i => ({ _id: i, r: (i * 7919) % 3000 })));
  });

  it('go on over many batches, in the order of the collection or sorted', async () => {
    const plain = await collection('numbers').find().batchSize(700).toArray();
    expect(new Set(plain.map(({ _id }) => _id)).size).to.equal(3000);
    const sorted = await collection('numbers').find().sort({ r: -1 }).batchSize(700).toArray();
    expect(sorted.map(({ r }) => r)).to.deep.equal(times(3000, i => 2999 - i));
  });

  it('stay independent when many are open and read in turn', async () => {
    const open = times(30, () => collection('numbers').find().sort({ r: 1 }).batchSize(20));
    for (let i = 0; i < 60; i++) {
      const row = await Promise.all(open.map(cursor => cursor.next()));
      expect(row.every(document => document?.r === i)).to.equal(true);
    }
    await Promise.all(open.map(cursor => cursor.close()));
  });

  it('end when they are killed', async () => {
    const { cursor } = await database().command({ find: 'numbers', batchSize: 2 });
    expect(
      (await database().command({ killCursors: 'numbers', cursors: [cursor.id] })).cursorsKilled,
    ).to.have.length(1);
    const error = await failure(database().command({ getMore: cursor.id, collection: 'numbers' }));
    expect(error.code).to.equal(43);
  });

  it('join, unwind and group', async () => {
    const [row] = await collection('numbers')
      .aggregate([
        { $match: { _id: { $lt: 3 } } },
        { $lookup: { from: 'numbers', localField: 'r', foreignField: '_id', as: 'other' } },
        { $unwind: '$other' },
        { $group: { _id: null, ids: { $push: '$other._id' } } },
      ])
      .toArray();
    expect(row?.ids).to.have.members([0, 7919 % 3000, (2 * 7919) % 3000]);
  });

  it('read through views', async () => {
    await database().createCollection('small', {
      viewOn: 'numbers',
      pipeline: [{ $match: { r: { $lt: 3 } } }],
    });
    const found = await collection('small')
      .find({}, { projection: { _id: 0 } })
      .sort({ r: 1 })
      .toArray();
    expect(found).to.deep.equal([{ r: 0 }, { r: 1 }, { r: 2 }]);
    const listed = await database().listCollections({ name: 'small' }).toArray();
    expect(listed[0]?.type).to.equal('view');
  });

  it('give up after maxTimeMS', async () => {
    const slow = { $expr: { $lt: [{ $sum: { $range: ['$_id', 9000] } }, 0] } };
    const error = await failure(collection('numbers').find(slow).maxTimeMS(5).toArray());
    expect(error.code).to.equal(50);
  });
}

function concurrency(): void {
  const modify = { upsert: true, returnDocument: 'after' } as const;

  it('loses no increment, and gives every number of a counter once', async () => {
    for (const _id of ['a', 'b', 'c', 'd', 'e']) {
      const change = { $inc: { n: 1 } };
      const given = await Promise.all(
        times(60, () => collection('seq').findOneAndUpdate({ _id }, change, modify)),
      );
      expect(given.map(document => document?.n).sort((x, y) => x - y)).to.deep.equal(times(60, i => i + 1));
    }
  });

  it('tells exactly one of many upserts that it inserted', async () => {
    for (const _id of times(5, i => i)) {
      const results = await Promise.all(
        times(40, () => collection('first').updateOne({ _id }, { $inc: { n: 1 } }, { upsert: true })),
      );
      expect(results.filter(result => result.upsertedCount === 1)).to.have.length(1);
      expect((await collection('first').findOne({ _id }))?.n).to.equal(40);
    }
  });

  it('hands a waiting document to one taker only', async () => {
    await collection('queue').insertMany(times(30, i => ({ _id: i, state: 'new' })));
    const taken = await Promise.all(
      times(40, () =>
        collection('queue').findOneAndUpdate(
          { state: 'new' },
          { $set: { state: 'taken' } },
          { sort: { _id: 1 } },
        ),
      ),
    );
    const ids = taken.flatMap(document => (document ? [document._id] : []));
    expect(new Set(ids).size).to.equal(30);
    expect(ids).to.have.length(30);
  });

  it('lets one of several equal inserts win', async () => {
    await collection('race').createIndex({ key: 1 }, { unique: true });
    const results = await Promise.allSettled(
      times(20, i => collection('race').insertOne({ _id: i, key: 'k' })),
    );
    const codes = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(codes).to.deep.equal(times(19, () => 11000));
  });

  it('finishes bulk writes that lock the same documents in opposite order', async () => {
    await collection('locks').insertMany(times(20, i => ({ _id: i, n: 0 })));
    const updates = times(20, i => ({ updateOne: { filter: { _id: i }, update: { $inc: { n: 1 } } } }));
    const orders = [updates, updates.toReversed()];
    await Promise.all(times(20, i => collection('locks').bulkWrite(orders[i % 2] ?? [])));
    expect(await collection('locks').distinct('n')).to.deep.equal([20]);
  });

  it('creates a collection once when many first write to it', async () => {
    await Promise.all(times(20, i => collection('fresh').insertOne({ _id: i })));
    expect(await collection('fresh').countDocuments()).to.equal(20);
  });
}

function commands(): void {
  it('describe a standalone server', async () => {
    const hello = await database().admin().command({ hello: 1 });
    expect(hello).to.include({ isWritablePrimary: true, ok: 1 });
    expect(hello).not.to.have.any.keys('setName', 'msg');
    expect((await database().admin().buildInfo()).versionArray).to.have.length(4);
    expect((await database().admin().serverStatus()).process).to.equal('mongod');
    expect((await database().stats()).ok).to.equal(1);
    expect((await database().admin().listDatabases()).databases.map(({ name }) => name)).to.include('test');
  });

  it('refuse transactions, change streams and what they do not know', async () => {
    const transaction = { insert: 'a', documents: [{}], txnNumber: Long.fromNumber(1), autocommit: false };
    expect((await failure(database().command(transaction))).code).to.equal(20);
    expect((await failure(collection('a').watch().next())).code).to.equal(115);
    expect((await failure(database().command({ nonsense: 1 }))).code).to.equal(59);
  });

  it('make, rename and drop collections and databases', async () => {
    await database().createCollection('made');
    await database().collection('made').rename('renamed');
    const names = async () =>
      (await database().listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    expect(await names())
      .to.include('renamed')
      .and.not.include('made');
    await database().collection('renamed').drop();
    expect(await names()).not.to.include('renamed');
    const other = database().client.db('other');
    await other.collection('c').insertOne({});
    await other.dropDatabase();
    expect(await other.listCollections().toArray()).to.deep.equal([]);
  });
}

function plans(): void {
  const planOf = async (filter: Document) =>
    (await collection('planned').find(filter).explain('queryPlanner')).queryPlanner.winningPlan;

  it('name the index, or the scan of the collection', async () => {
    await collection('planned').createIndex({ room: 1, seq: 1 }, { name: 'room_seq' });
    await collection('planned').insertMany(times(500, i => ({ _id: i, room: i % 10, seq: i, other: i })));
    expect((await planOf({ room: 3, seq: { $gt: 100 } })).inputStage).to.include({
      stage: 'IXSCAN',
      indexName: 'room_seq',
    });
    expect((await planOf({ _id: 5 })).inputStage).to.include({ stage: 'IXSCAN', indexName: '_id_' });
    expect((await planOf({ other: 5 })).stage).to.equal('COLLSCAN');
  });

  it('count what was found', async () => {
    const { executionStats } = await collection('planned').find({ room: 3 }).explain('executionStats');
    expect(executionStats).to.include({ nReturned: 50, totalDocsExamined: 50 });
  });
}

function models(): void {
  it('make their indexes, keep timestamps and report duplicates', async () => {
    const connection = await mongoose
      .createConnection(`mongodb://${database().client.options.hosts[0]}/models`)
      .asPromise();
    const schema = new mongoose.Schema(
      { name: { type: String, unique: true }, n: Number },
      { timestamps: true },
    );
    const Thing = connection.model('Thing', schema);
    await Thing.init();
    const made = await Thing.create({ name: 'a', n: 1 });
    expect(made.get('createdAt')).to.be.instanceOf(Date);
    const error = await failure(Thing.create({ name: 'a' }));
    expect(error).to.include({ code: 11000 });
    expect(error.keyValue).to.deep.equal({ name: 'a' });
    expect(await Thing.syncIndexes()).to.deep.equal([]);
    expect((await Thing.find({ n: 1 }).lean()).map(thing => thing.name)).to.deep.equal(['a']);
    await connection.close();
  });
}
