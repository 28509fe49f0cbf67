package confab

import (
	"fmt"

	"confab/internal/api"
	"confab/internal/contract"
)

// NumberBlock is a run of numbers that can be bought over REST.
type NumberBlock struct {
	First   string `yaml:"first" help:"The lowest number, in E.164 form (+15550200)."`
	Last    string `yaml:"last" help:"The highest number, of as many digits; 100,000 numbers from the first at most."`
	Country string `yaml:"country" help:"Where they are: an ISO 3166-1 code of two letters, such as US. It is what their buyers look for them by."`
	Type    string `yaml:"type" help:"local, mobile or tollfree."`
}

// blocks returns the blocks as the API knows them.
func (c *Config) blocks() []contract.NumberBlock {
	blocks := make([]contract.NumberBlock, len(c.NumberBlocks))
	for i, b := range c.NumberBlocks {
		blocks[i] = contract.NumberBlock{First: b.First, Last: b.Last, Country: b.Country, Type: contract.NumberType(b.Type)}
	}
	return blocks
}

func (c *Config) validBlocks() error {
	if err := api.CheckBlocks(c.blocks()); err != nil {
		return fmt.Errorf("number_blocks%w", err)
	}
	return nil
}
