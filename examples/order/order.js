// The functions of the order workflow that are written in JavaScript.

class CardRefused extends Error {
  constructor(message) {
    super(message);
    this.name = "CardRefused";
  }
}

// charge takes money from a card. The order names the receipt: a bank that sees
// it twice, because a task was repeated, charges nobody twice.
function charge(params, context) {
  if (params.card === "empty") {
    throw new CardRefused("the card has no " + params.amount);
  }
  return { receipt: "R-" + params.order, amount: params.amount };
}

// pack puts a line of an order into a parcel.
function pack(params, context) {
  return { parcel: params.parcel, content: params.quantity + " x " + params.sku };
}

module.exports = { charge, pack };
