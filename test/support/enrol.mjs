// Enrols with the kit of a folder at an address, in a process of its own so that it may have an environment of its own.
import { readFileSync } from "node:fs";
import { Client, Metadata, credentials } from "@grpc/grpc-js";

const [target, folder] = process.argv.slice(2);
const file = (name) => readFileSync(`${folder}/${name}`);
const client = new Client(target, credentials.createSsl(file("ca.pem"), file("key.pem"), file("certificate.pem")));
const metadata = new Metadata();
metadata.set("tributary-token", String(file("token")).trim());
const bytes = (value) => value;
const options = { deadline: Date.now() + 5000 };
client.makeUnaryRequest("/test.Gated/Enroll", bytes, bytes, Buffer.alloc(0), metadata, options, (error) => {
  process.send(error === null ? "enrolled" : error.message);
  client.close();
});
