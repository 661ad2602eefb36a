// Package catalog owns what the desk is made of: brands, channel accounts
// (mailboxes), settings, and later topics, products and regions. It is data an
// administrator changes while the desk runs, not configuration.
package catalog
